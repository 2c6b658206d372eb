import { setImmediate as turn } from "node:timers/promises";

/** A failure of a request. */
export type Fault =
  /** The request never arrives. */
  | "lost request"
  /** The gateway publishes the lines, but its answer is lost. */
  | "lost answer"
  /** The answer is lost, and the gateway publishes the lines slowly, while the client sends them again. */
  | "late lines"
  /** The answer breaks off after a line. */
  | "broken answer"
  /** The gateway's broker fails after a line, so that the gateway refuses all further ones. */
  | "broker away"
  /** The gateway refuses the lines of one channel. */
  | "limited channel"
  /** The whole request is refused. */
  | "restarting";

/** All faults. */
export const FAULTS: readonly Fault[] = [
  "lost request",
  "lost answer",
  "late lines",
  "broken answer",
  "broker away",
  "limited channel",
  "restarting",
];

/** A line as the module sends it. */
interface Line {
  readonly channel: string;
  readonly data: { readonly call: number; readonly isRefused?: boolean };
  readonly key: string;
}

/**
 * The batch route of a gateway as a model: it appends each key once, in the order of the lines, and does to each request what a script says.
 * After the script everything works.
 */
export class ModelGateway {
  /** The numbers of the calls whose messages each channel has, in order. */
  readonly logs = new Map<string, number[]>();
  /** The number of lines of each request. */
  readonly batches: number[] = [];
  /** The promises that the client broke. */
  readonly breaches: string[] = [];
  readonly #script: Fault[];
  readonly #ids = new Map<string, string>();
  /** The keys whose answer the client has. */
  readonly #answered = new Set<string>();
  readonly #late: Promise<void>[] = [];
  #underWay = 0;

  constructor(script: readonly Fault[]) {
    this.#script = [...script];
  }

  /** Takes the place of the `fetch` that reaches the gateway. */
  readonly fetch = (async (_url, init) => {
    const lines: Line[] = String(init?.body).split("\n")
      .map((line) => JSON.parse(line));
    this.batches.push(lines.length);
    for (const { key } of lines) {
      if (this.#answered.has(key)) this.breaches.push(`${key} was answered`);
    }
    if (++this.#underWay > 1) this.breaches.push("two requests at once");
    await turn();
    try {
      return await this.#answer(lines, this.#script.shift());
    } finally {
      this.#underWay--;
    }
  }) as typeof fetch;

  /** Waits for the lines that are published late. */
  async settled(): Promise<void> {
    await Promise.all(this.#late);
  }

  async #answer(
    lines: readonly Line[],
    fault: Fault | undefined,
  ): Promise<Response> {
    const half = lines.length >> 1;
    switch (fault) {
      case "lost request":
        throw new TypeError("The connection was lost");
      case "lost answer":
        for (const line of lines) this.#append(line);
        throw new TypeError("The connection was lost");
      case "late lines":
        this.#late.push(this.#appendSlowly(lines));
        throw new TypeError("The connection was lost");
      case "restarting":
        return refusal();
      case "broken answer":
        return this.#respond(
          lines,
          lines.map((line) => this.#append(line)),
          half,
        );
      case "broker away": {
        const answers = lines.map((line, i) =>
          i < half ? this.#append(line) : error("unavailable")
        );
        return this.#respond(lines, answers);
      }
      case "limited channel": {
        const limited = lines[half]?.channel;
        const answers = lines.map((line) =>
          line.channel === limited ? error("rate_limited") : this.#append(line)
        );
        return this.#respond(lines, answers);
      }
    }
    return await Promise.resolve(
      this.#respond(lines, lines.map((line) => this.#append(line))),
    );
  }

  async #appendSlowly(lines: readonly Line[]): Promise<void> {
    for (const line of lines) {
      this.#append(line);
      await turn();
    }
  }

  /** Appends a line, unless its key is known; returns the answer. */
  #append({ channel, data, key }: Line): string {
    if (data.isRefused) return error("conflict");
    const log = this.logs.get(channel) ?? [];
    this.logs.set(channel, log);
    const id = this.#ids.get(key) ?? `${channel}-${log.push(data.call)}`;
    this.#ids.set(key, id);
    return JSON.stringify({ id });
  }

  /** Returns a response with the answers; it breaks off after some of them. */
  #respond(
    lines: readonly Line[],
    answers: readonly string[],
    count?: number,
  ): Response {
    const sent = answers.slice(0, count);
    for (const [i, answer] of sent.entries()) {
      const isOver = !/unavailable|rate_limited/.test(answer);
      if (isOver) this.#answered.add(lines[i]?.key ?? "");
    }
    const texts = [sent.map((answer) => `${answer}\n`).join("")];
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(controller) {
        const text = texts.shift();
        if (text) controller.enqueue(new TextEncoder().encode(text));
        else if (text === "") return this.pull?.(controller);
        else if (count === undefined) controller.close();
        else controller.error(new TypeError("The connection was lost"));
      },
    });
    return new Response(body);
  }
}

function error(code: string): string {
  return JSON.stringify({ error: { code, message: "No" } });
}

function refusal(): Response {
  return new Response(error("unavailable"), { status: 503 });
}
