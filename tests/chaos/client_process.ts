import { Child } from "../support/process/child.ts";
import type {
  ClientStart,
  Command,
  GroupState,
  Latencies,
  Plan,
  RacePlan,
  Reply,
  Transport,
} from "./client_protocol.ts";
import type { Ledger } from "./ledger.ts";
import type { Verdict } from "./oracle.ts";
import {
  commandFor,
  type Programs,
  type RuntimeName,
} from "../support/process/programs.ts";
import type { NetworkFaults } from "./proxy.ts";
import type { ListedMessage } from "./subscriber.ts";

/** How long a process of clients may take for a request. */
const LONGEST_MS = 180_000;

/** The clients of one transport, in a process of their own. */
export class ClientProcess {
  readonly transport: Transport;
  readonly #child: Child;
  readonly #pending = new Map<number, (reply: Reply) => void>();
  readonly #ready: Promise<void>;
  #count = 0;

  private constructor(
    command: readonly string[],
    transport: Transport,
    env: Readonly<Record<string, string>>,
  ) {
    this.transport = transport;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#ready = promise;
    this.#child = new Child(
      command,
      (line) => {
        if (line === "ready") resolve();
        else if (line.startsWith("{")) this.#take(JSON.parse(line));
      },
      undefined,
      env,
    );
    void this.#child.exited.then(() => {
      reject(new Error(`The clients ended: ${this.#child.errors}`));
      for (const id of [...this.#pending.keys()]) {
        const error = `The clients ended: ${this.#child.errors}`;
        this.#take({ id, error });
      }
    });
  }

  /**
   * Starts the process; resolves when it accepts requests.
   *
   * @param env Environment variables that it gets beside those of this process.
   */
  static async start(
    programs: Programs,
    runtime: RuntimeName,
    options: ClientStart,
    env: Readonly<Record<string, string>> = {},
  ): Promise<ClientProcess> {
    const command = commandFor(
      programs,
      runtime,
      "tests/chaos/client_main.ts",
    );
    command.push(JSON.stringify(options));
    const clients = new ClientProcess(command, options.transport, env);
    await clients.#ready;
    return clients;
  }

  /** Changes the network between the clients and the gateway. */
  async network(faults: NetworkFaults): Promise<void> {
    await this.#ask({ do: "network", faults });
  }

  /** Opens subscriptions; resolves when the gateway has accepted all. */
  async open(plan: Plan): Promise<void> {
    await this.#ask({ do: "open", plan });
  }

  /** Waits until every subscriber has the newest message of its channel; returns how many did not receive it in time. */
  awaitTops(
    group: string,
    tops: Readonly<Record<string, string>>,
    timeoutMs: number,
  ): Promise<number> {
    return this.#ask({ do: "await", group, tops, timeoutMs });
  }

  /** Compares what the subscribers received with what was published. */
  judge(group: string, ledger: Ledger): Promise<Verdict> {
    return this.#ask({ do: "judge", group, records: ledger.records() });
  }

  /** Returns the state of a group. */
  states(group: string): Promise<GroupState> {
    return this.#ask({ do: "states", group });
  }

  /** Returns the latencies of messages since the last call. */
  latencies(): Promise<Latencies> {
    return this.#ask({ do: "latencies" });
  }

  /** Subscribes again and again; the subscribers form the group `races`. */
  async race(plan: RacePlan): Promise<void> {
    await this.#ask({ do: "race", plan });
  }

  /** Returns the messages of each subscriber. */
  list(group: string): Promise<ListedMessage[][]> {
    return this.#ask({ do: "list", group });
  }

  /** Replaces the oldest subscribers by new ones. */
  async churn(group: string, count: number): Promise<void> {
    await this.#ask({ do: "churn", group, count });
  }

  /** Closes the subscribers of a group. */
  async close(group: string): Promise<void> {
    await this.#ask({ do: "close", group });
  }

  /** The resident memory of the process in bytes; 0 where the system has no `/proc`. */
  get residentBytes(): number {
    return this.#child.residentBytes ?? 0;
  }

  /** Kills the process and waits until it has ended. */
  stop(): Promise<void> {
    return this.#child.stop();
  }

  async #ask<T>(command: Command): Promise<T> {
    const id = ++this.#count;
    const { promise, resolve } = Promise.withResolvers<Reply>();
    this.#pending.set(id, resolve);
    const timer = setTimeout(() => {
      this.#take({ id, error: `The clients did not answer "${command.do}"` });
    }, LONGEST_MS);
    this.#child.write(JSON.stringify({ ...command, id }));
    const reply = await promise;
    clearTimeout(timer);
    if ("error" in reply) throw new Error(reply.error);
    return reply.result as T;
  }

  #take(reply: Reply): void {
    this.#pending.get(reply.id)?.(reply);
    this.#pending.delete(reply.id);
  }
}
