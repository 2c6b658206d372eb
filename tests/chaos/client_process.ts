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

/** How long a process of clients may take for anything. */
const LONGEST_MS = 180_000;

/** Clients of one transport, in a process of their own. */
export class ClientProcess {
  readonly transport: Transport;
  readonly #child: Child;
  readonly #pending = new Map<number, (reply: Reply) => void>();
  readonly #ready: Promise<void>;
  #count = 0;

  private constructor(command: readonly string[], transport: Transport) {
    this.transport = transport;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#ready = promise;
    this.#child = new Child(command, (line) => {
      if (line === "ready") resolve();
      else if (line.startsWith("{")) this.#take(JSON.parse(line));
    });
    void this.#child.exited.then(() => {
      reject(new Error(`The clients ended: ${this.#child.errors}`));
      for (const id of [...this.#pending.keys()]) {
        const error = `The clients ended: ${this.#child.errors}`;
        this.#take({ id, error });
      }
    });
  }

  /** Starts the process; resolves when it takes requests. */
  static async start(
    programs: Programs,
    runtime: RuntimeName,
    options: ClientStart,
  ): Promise<ClientProcess> {
    const command = commandFor(
      programs,
      runtime,
      "tests/chaos/client_main.ts",
    );
    command.push(JSON.stringify(options));
    const clients = new ClientProcess(command, options.transport);
    await clients.#ready;
    return clients;
  }

  /** Changes the network between the clients and the gateway. */
  async network(faults: NetworkFaults): Promise<void> {
    await this.#ask({ do: "network", faults });
  }

  /** Opens subscriptions; resolves when the gateway accepted all. */
  async open(plan: Plan): Promise<void> {
    await this.#ask({ do: "open", plan });
  }

  /** Waits until everyone has the newest message of their channel. @returns How many did not get it in time. */
  awaitTops(
    group: string,
    tops: Readonly<Record<string, string>>,
    timeoutMs: number,
  ): Promise<number> {
    return this.#ask({ do: "await", group, tops, timeoutMs });
  }

  /** Holds what everyone saw against what was published. */
  judge(group: string, ledger: Ledger): Promise<Verdict> {
    return this.#ask({ do: "judge", group, records: ledger.records() });
  }

  /** How they stand. */
  states(group: string): Promise<GroupState> {
    return this.#ask({ do: "states", group });
  }

  /** How long messages took, since the last call. */
  latencies(): Promise<Latencies> {
    return this.#ask({ do: "latencies" });
  }

  /** Subscribes again and again; they are the group `races` then. */
  async race(plan: RacePlan): Promise<void> {
    await this.#ask({ do: "race", plan });
  }

  /** What each of them got. */
  list(group: string): Promise<ListedMessage[][]> {
    return this.#ask({ do: "list", group });
  }

  /** Replaces some by new ones. */
  async churn(group: string, count: number): Promise<void> {
    await this.#ask({ do: "churn", group, count });
  }

  /** Closes a group. */
  async close(group: string): Promise<void> {
    await this.#ask({ do: "close", group });
  }

  /** The memory that the process occupies, in bytes; 0 where the system doesn't tell. */
  get residentBytes(): number {
    return this.#child.residentBytes ?? 0;
  }

  /** Ends the process at once. */
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
