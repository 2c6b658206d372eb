import type { Programs, RuntimeName } from "./chaos/programs.ts";
import type { Answers, Command } from "./load/commands.ts";
import type { PublisherName, SubscriberName } from "./load/dialects/mod.ts";
import { Generator } from "./load/generator.ts";
import type { Load, Measured } from "./load/traffic.ts";
import { Missing } from "./peers/missing.ts";
import type { Peer } from "./peers/mod.ts";
import type { ServerProcess } from "./peers/server_process.ts";

/** A peer, and how it is talked to. */
export interface Lane {
  /** A name for tables; no two lanes of a scenario have the same. */
  readonly name: string;
  readonly peer: Peer;
  readonly subscriber: SubscriberName;
  readonly publisher: PublisherName;
}

/** How often and how long things are measured. */
export interface Effort {
  readonly rounds: number;
  /** Seconds of a measurement. */
  readonly seconds: number;
  /** Seconds before the first, for the compilers of the runtimes. */
  readonly warmUp: number;
}

/** What a lane's subscribers are. */
export interface Audience {
  readonly count: number;
  readonly channels?: number;
}

/** What publishers do. */
export interface Publishing extends Omit<Load, "pid" | "seconds"> {
  readonly publishers: number;
  readonly perRequest?: number;
  readonly seconds?: number;
}

/** The servers that are measured, and the load generator. */
export class Lab implements AsyncDisposable {
  readonly programs: Programs;
  readonly runtimes: readonly RuntimeName[];
  readonly effort: Effort;
  /** What was not as it has to be: messages that were lost, came twice or in another order. */
  readonly breaches: string[] = [];
  readonly #servers = new Map<string, Promise<ServerProcess>>();
  readonly #missing = new Set<string>();
  readonly #audiences = new Map<string, number>();
  #generator: Generator | undefined;

  constructor(
    programs: Programs,
    runtimes: readonly RuntimeName[],
    effort: Effort,
  ) {
    this.programs = programs;
    this.runtimes = runtimes;
    this.effort = effort;
  }

  /** Starts a lane's server, unless it runs; `undefined` where the machine doesn't have it, which is said once. */
  async server(peer: Peer): Promise<ServerProcess | undefined> {
    try {
      let starting = this.#servers.get(peer.name);
      if (!starting) {
        starting = peer.start(this.programs);
        this.#servers.set(peer.name, starting);
      }
      return await starting;
    } catch (error) {
      if (!(error instanceof Missing)) throw error;
      if (!this.#missing.has(peer.name)) {
        console.error(`${peer.name} is left out: ${error.message}`);
      }
      this.#missing.add(peer.name);
      return undefined;
    }
  }

  /** The lanes whose peers are there, with their subscribers connected. */
  async open(lanes: readonly Lane[], audience: Audience): Promise<Lane[]> {
    const open: Lane[] = [];
    for (const lane of lanes) {
      const server = await this.server(lane.peer);
      if (!server) continue;
      const { port, signingKey } = server;
      await this.#ask(lane, {
        do: "subscribe",
        group: lane.name,
        options: {
          ...audience,
          port,
          dialect: lane.subscriber,
          channel: `bench-${lane.subscriber.replace(/\W/g, "-")}`,
          ...(signingKey === undefined ? {} : { signingKey }),
        },
      });
      this.#audiences.set(lane.name, audience.count / (audience.channels ?? 1));
      open.push(lane);
    }
    return open;
  }

  /** Publishes to a lane's subscribers, and measures. */
  async publish(lane: Lane, publishing: Publishing): Promise<Measured> {
    const server = await this.server(lane.peer);
    if (!server) throw new Error(`${lane.peer.name} doesn't run`);
    const { publishers, perRequest, ...load } = publishing;
    const measured = await this.#ask(lane, {
      do: "publish",
      group: lane.name,
      publishers: {
        port: server.publishPort,
        dialect: lane.publisher,
        count: publishers,
        token: server.signingKey ?? "",
        ...(perRequest === undefined ? {} : { perRequest }),
      },
      load: { seconds: this.effort.seconds, ...load, pid: server.pid },
    });
    this.#check(lane, measured);
    return measured;
  }

  /** The load generator. */
  get generator(): Generator {
    this.#generator ??= new Generator(this.programs);
    return this.#generator;
  }

  /** Ends the servers and the load generator: what comes next begins anew. */
  async clear(): Promise<void> {
    await this.#generator?.stop();
    this.#generator = undefined;
    for (const starting of this.#servers.values()) {
      // One that is missing has nothing to end.
      const server = await starting.catch(() => undefined);
      await server?.[Symbol.asyncDispose]();
    }
    this.#servers.clear();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.clear();
  }

  async #ask<C extends Command>(
    { name }: Lane,
    command: C,
  ): Promise<Answers[C["do"]]> {
    try {
      return await this.generator.ask(command);
    } catch (cause) {
      throw new Error(`Cannot measure ${name}: ${cause}`, { cause });
    }
  }

  #check(lane: Lane, measured: Measured): void {
    const { missing, repeated, outstanding } = measured;
    const isOneOrder = measured.isOneOrder || lane.peer.isUnordered;
    if (missing || repeated || outstanding || !isOneOrder) {
      this.breaches.push(
        `${lane.name}: ${missing} missing, ${repeated} repeated, ` +
          `${outstanding} not arrived, ${
            isOneOrder ? "one order" : "NOT IN ONE ORDER"
          }`,
      );
    }
  }
}
