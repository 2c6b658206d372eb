import {
  commandFor,
  type Programs,
  type RuntimeName,
} from "../../tests/support/process/programs.ts";
import { LineProcess } from "../line_process.ts";
import type { ClientToken, ClientWay, Usage } from "./ways.ts";

/** How long a client may take to receive what was published. */
const CATCH_UP_MS = 20_000;

/** A client in a process of its own. */
export class ClientProcess implements AsyncDisposable {
  readonly #process: LineProcess;

  private constructor(process: LineProcess) {
    this.#process = process;
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
    command.push(way, JSON.stringify(token));
    return new ClientProcess(await LineProcess.start("The client", command));
  }

  /** Returns what the client has counted so far. */
  async counted(): Promise<Usage> {
    return JSON.parse(await this.#process.ask("count"));
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
    return this.#process[Symbol.asyncDispose]();
  }
}
