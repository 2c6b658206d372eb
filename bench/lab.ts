import type {
  Programs,
  RuntimeName,
} from "../tests/support/process/programs.ts";
import type { Answers, Command, Opened } from "./load/commands.ts";
import type { PublisherName, SubscriberName } from "./load/dialects/mod.ts";
import { publisherToken } from "./load/dialects/tidings.ts";
import { Generator } from "./load/generator.ts";
import type { SubscribersOptions } from "./load/subscribers.ts";
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
  /**
   * What the names of its channels begin with.
   *
   * @default {that of the way to subscribe}
   */
  readonly channel?: string;
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
export type Audience = Pick<
  SubscribersOptions,
  "count" | "channels" | "replay"
>;

/** What publishers do. */
export interface Publishing extends Omit<Load, "pid" | "seconds"> {
  readonly publishers: number;
  readonly perRequest?: number;
  readonly seconds?: number;
}

/** What a lane's publishers authenticate with. */
async function tokenOf(
  lane: Lane,
  { signingKey }: ServerProcess,
): Promise<string> {
  if (signingKey === undefined) return "";
  // On a WebSocket, publishing takes a token that grants it.
  return lane.publisher === "tidings socket"
    ? await publisherToken(signingKey, channelOf(lane) + "-0")
    : signingKey;
}

/** What the names of a lane's channels begin with. */
function channelOf({ subscriber, channel }: Lane): string {
  return channel ?? `bench-${subscriber.replace(/\W/g, "-")}`;
}

/** The servers that are measured, and the load generator. */
export class Lab implements AsyncDisposable {
  readonly programs: Programs;
  readonly runtimes: readonly RuntimeName[];
  readonly effort: Effort;
  /** What was not as it has to be: messages that were lost, came twice or in another order. */
  readonly breaches: string[] = [];
  /** The same of peers that promise less. */
  readonly notes = new Set<string>();
  readonly #servers = new Map<string, Promise<ServerProcess>>();
  readonly #missing = new Set<string>();
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

  /** The memory that a peer's server occupies, in bytes. */
  async residentBytes(peer: Peer): Promise<number> {
    return (await this.server(peer))?.residentBytes() ?? 0;
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
      if (await this.subscribe(lane, audience)) open.push(lane);
    }
    return open;
  }

  /** Connects a lane's subscribers; `undefined` where its peer isn't there. */
  async subscribe(
    lane: Lane,
    audience: Audience,
  ): Promise<Opened | undefined> {
    const server = await this.server(lane.peer);
    if (!server) return undefined;
    const { port, pid, pids = pid, signingKey } = server;
    return await this.#ask(lane, {
      do: "subscribe",
      group: lane.name,
      pid: pids,
      options: {
        ...audience,
        port,
        dialect: lane.subscriber,
        channel: channelOf(lane),
        ...(signingKey === undefined ? {} : { signingKey }),
      },
    });
  }

  /** Disconnects a lane's subscribers. */
  async close(lane: Lane): Promise<void> {
    await this.#ask(lane, { do: "close", group: lane.name });
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
        token: await tokenOf(lane, server),
        ...(perRequest === undefined ? {} : { perRequest }),
      },
      load: {
        seconds: this.effort.seconds,
        ...load,
        pid: server.pids ?? server.pid,
      },
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
    const { missing, repeated, outstanding, isOneOrder } = measured;
    if (!missing && !repeated && !outstanding && isOneOrder) return;
    const found = `${lane.name}: ${missing} missing, ${repeated} repeated, ` +
      `${outstanding} not arrived, ${
        isOneOrder ? "one order" : "no one order"
      }`;
    // Others promise other things.
    if (lane.peer.role === "rival") this.notes.add(found);
    else this.breaches.push(found);
  }
}
