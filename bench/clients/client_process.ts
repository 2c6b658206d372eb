import { Child } from "../../tests/support/process/child.ts";
import {
  commandFor,
  type Programs,
  type RuntimeName,
} from "../../tests/support/process/programs.ts";
import type { ClientToken, ClientWay, Usage } from "./ways.ts";

/** How long a client may take to receive what was published. */
const CATCH_UP_MS = 20_000;

/** A client in a process of its own. */
export class ClientProcess implements AsyncDisposable {
  readonly #child: Child;
  #onLine: (line: string) => void = () => {};

  private constructor(command: readonly string[]) {
    this.#child = new Child(command, (line) => this.#onLine(line));
  }

  /** Starts a client; resolves when it is subscribed. */
  static async start(
    programs: Programs,
    runtime: RuntimeName,
    way: ClientWay,
    token: ClientToken,
    folder = ".",
  ): Promise<ClientProcess> {
    const command = commandFor(
      programs,
      runtime,
      `${folder}/bench/clients/main.ts`,
    );
    const client = new ClientProcess([...command, way, JSON.stringify(token)]);
    while (await client.#line() !== "ready");
    return client;
  }

  /** Returns what the client has counted so far. */
  async counted(): Promise<Usage> {
    this.#child.write("count");
    return JSON.parse(await this.#line());
  }

  /** Waits until the client has received some number of messages, or the time is over; returns what it has counted. */
  async caughtUp(messages: number): Promise<Usage> {
    const deadline = performance.now() + CATCH_UP_MS;
    for (;;) {
      const counted = await this.counted();
      if (counted.messages >= messages || performance.now() > deadline) {
        return counted;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#child.stop();
  }

  #line(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#onLine = resolve;
      void this.#child.exited.then(() =>
        reject(new Error(`The client ended: ${this.#child.errors}`))
      );
    });
  }
}
