import {
  type Child,
  type Exit,
  startListening,
} from "../support/process/child.ts";
import {
  commandFor,
  type Programs,
  type RuntimeName,
} from "../support/process/programs.ts";

/** How a gateway is started. */
export interface GatewayStart {
  readonly programs: Programs;
  readonly runtime: RuntimeName;
  readonly signingKey: string;
  /** Further arguments of its command line. */
  readonly flags?: readonly string[];
  /**
   * The port; 0 takes a free one.
   *
   * @default {0}
   */
  readonly port?: number;
  /** Environment variables that it gets beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Called with each line that it prints, errors included. */
  readonly onOutput?: (line: string) => void;
}

/** The memory that a gateway reports after a garbage collection. */
export interface Memory {
  readonly heapUsed: number;
  readonly rss: number;
  readonly external: number;
  /** Whether a property was added to `Object.prototype`. */
  readonly isPolluted: boolean;
}

/** The delays of a gateway's event loop, in milliseconds. */
export interface LoopDelays {
  /** The longest delay of a timer. */
  readonly longest: number;
  /** The most time that the gateway itself computed during a delay: on a busy machine timers are late as well. */
  readonly busiest: number;
}

/** The state that a gateway reports at `/health`. */
export interface Health {
  readonly status: number;
  readonly connections: number;
  readonly channels: number;
}

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

  /** Starts a gateway; resolves when it listens. */
  static async start(
    { programs, runtime, signingKey, flags = [], port = 0, env, onOutput }:
      GatewayStart,
  ): Promise<GatewayProcess> {
    const command = commandFor(
      programs,
      runtime,
      "tests/support/process/gateway_probe.ts",
    );
    command.push("--port", String(port), "--signing-key", signingKey, ...flags);
    const answers: Array<(line: string) => void> = [];
    const { child, url } = await startListening(
      command,
      (line) => {
        if (line.startsWith("{")) answers.shift()?.(line);
        else onOutput?.(line);
      },
      onOutput,
      env,
    );
    return new GatewayProcess(child, url, answers);
  }

  /** Resolves when the process ends. */
  get exited(): Promise<Exit> {
    return this.#child.exited;
  }

  /** Whether the process has ended. */
  get isOver(): boolean {
    return this.#child.isOver;
  }

  /** The last part of its error output. */
  get errors(): string {
    return this.#child.errors;
  }

  /** Its resident memory in bytes; 0 where the system has no `/proc`. */
  get residentBytes(): number {
    return this.#child.residentBytes ?? 0;
  }

  /** How many files and sockets it has open; 0 where the system has no `/proc`. */
  get openFiles(): number {
    return this.#child.openFiles ?? 0;
  }

  /** Sends a signal. */
  kill(signal: "SIGTERM" | "SIGINT" | "SIGKILL"): void {
    this.#child.kill(signal);
  }

  /** Kills the process and waits until it has ended. */
  stop(): Promise<void> {
    return this.#child.stop();
  }

  /** Collects the gateway's garbage and returns its memory. */
  async memory(): Promise<Memory> {
    return JSON.parse(await this.#ask("memory"));
  }

  /** Shifts the gateway's wall clock by some milliseconds from the true time; returns its new time. */
  async shiftClock(ms: number): Promise<number> {
    const { clock } = JSON.parse(await this.#ask(`clock ${ms}`));
    return Date.parse(clock);
  }

  /** Requests `/health`, as a load balancer does. */
  async health(): Promise<Health> {
    const response = await fetch(`${this.url}/health`, {
      signal: AbortSignal.timeout(10_000),
    });
    return { ...await response.json(), status: response.status };
  }

  /** Returns the delays of the gateway's event loop since the last call; the first call begins to measure them. */
  async delays(): Promise<LoopDelays> {
    return JSON.parse(await this.#ask("delays"));
  }

  #ask(line: string): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    this.#answers.push(resolve);
    this.#child.write(line);
    void this.exited.then(() => reject(new Error("The gateway ended")));
    return promise;
  }
}
