import { Child, type Exit } from "./child.ts";
import { commandFor, type Programs, type RuntimeName } from "./programs.ts";

/** How to start a gateway. */
export interface GatewayStart {
  readonly programs: Programs;
  readonly runtime: RuntimeName;
  readonly signingKey: string;
  /** Further arguments of its command line. */
  readonly flags?: readonly string[];
  /**
   * Its port.
   *
   * @default {0, a free one}
   */
  readonly port?: number;
}

/** What a gateway says of its memory, after it collected its garbage. */
export interface Memory {
  readonly heapUsed: number;
  readonly rss: number;
  readonly external: number;
  /** Whether something was added to what every object inherits. */
  readonly isPolluted: boolean;
}

/** What a gateway says of its state. */
export interface Health {
  readonly status: number;
  readonly connections: number;
  readonly channels: number;
}

/** How long a gateway may take to listen. */
const START_MS = 20_000;

/** A gateway in a process of its own, started by its command line. */
export class GatewayProcess {
  readonly url: string;
  readonly port: number;
  readonly #child: Child;
  readonly #answers: Array<(line: string) => void>;

  private constructor(
    child: Child,
    url: string,
    answers: Array<(line: string) => void>,
  ) {
    this.#child = child;
    this.url = url;
    this.port = Number(new URL(url).port);
    this.#answers = answers;
  }

  /** Starts one; resolves when it listens. */
  static async start(
    { programs, runtime, signingKey, flags = [], port = 0 }: GatewayStart,
  ): Promise<GatewayProcess> {
    const command = commandFor(
      programs,
      runtime,
      "tests/chaos/gateway_probe.ts",
    );
    command.push("--port", String(port), "--signing-key", signingKey, ...flags);
    const answers: Array<(line: string) => void> = [];
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const child = new Child(command, (line) => {
      const [, url] = /listens on (http:\S+)$/.exec(line) ?? [];
      if (url !== undefined) resolve(url);
      else if (line.startsWith("{")) answers.shift()?.(line);
    });
    const fail = (): void =>
      reject(new Error(`The gateway did not start: ${child.errors}`));
    void child.exited.then(fail);
    const timer = setTimeout(fail, START_MS);
    try {
      return new GatewayProcess(child, await promise, answers);
    } catch (error) {
      await child.stop();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Resolves when it ended. */
  get exited(): Promise<Exit> {
    return this.#child.exited;
  }

  /** Whether it ended. */
  get isOver(): boolean {
    return this.#child.isOver;
  }

  /** The end of what it wrote to its error output. */
  get errors(): string {
    return this.#child.errors;
  }

  /** The memory that it occupies, in bytes; 0 where the system doesn't tell. */
  get residentBytes(): number {
    return this.#child.residentBytes ?? 0;
  }

  /** How many files and sockets it has open; 0 where the system doesn't tell. */
  get openFiles(): number {
    return this.#child.openFiles ?? 0;
  }

  /** Sends it a signal. */
  kill(signal: "SIGTERM" | "SIGINT" | "SIGKILL"): void {
    this.#child.kill(signal);
  }

  /** Ends it at once. */
  stop(): Promise<void> {
    return this.#child.stop();
  }

  /** Asks it for its memory, after a collection of garbage. */
  async memory(): Promise<Memory> {
    return JSON.parse(await this.#ask("memory"));
  }

  /** Moves its wall clock to so many milliseconds from the true time. */
  async moveClock(ms: number): Promise<void> {
    await this.#ask(`clock ${ms}`);
  }

  /** Asks for its state, as a load balancer would. */
  async health(): Promise<Health> {
    const response = await fetch(`${this.url}/health`, {
      signal: AbortSignal.timeout(10_000),
    });
    return { ...await response.json(), status: response.status };
  }

  #ask(line: string): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    this.#answers.push(resolve);
    this.#child.write(line);
    void this.exited.then(() => reject(new Error("The gateway ended")));
    return promise;
  }
}
