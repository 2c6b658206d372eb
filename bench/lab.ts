import type {
  Programs,
  RuntimeName,
} from "../tests/support/process/programs.ts";
import { cpuMs } from "../tests/support/process/child.ts";
import type { Answers, Command, Opened } from "./load/commands.ts";
import type { JobProcess } from "./jobs/job_process.ts";
import type { JobLoad, JobReport } from "./jobs/ways.ts";
import type { PublisherName, SubscriberName } from "./load/dialects/mod.ts";
import { publisherToken } from "./load/dialects/tidings.ts";
import { Generator } from "./load/generator.ts";
import type { SubscribersOptions } from "./load/subscribers.ts";
import type { Arrived } from "./load/meter.ts";
import type { Load, Measured } from "./load/traffic.ts";
import { Missing } from "./peers/missing.ts";
import type { Peer } from "./peers/mod.ts";
import type { ServerProcess } from "./peers/server_process.ts";

/** A server that is measured, with the protocols of its subscribers and publishers. */
export interface Lane {
  /** The name in tables, unique in a scenario. */
  readonly name: string;
  readonly peer: Peer;
  readonly subscriber: SubscriberName;
  readonly publisher: PublisherName;
  /**
   * The prefix of its channels' names.
   *
   * @default {a name made of the subscribers' protocol}
   */
  readonly channel?: string;
}

/** How often and how long each measurement runs. */
export interface Effort {
  readonly rounds: number;
  /** The seconds of a measurement. */
  readonly seconds: number;
  /** The seconds of publishing before the first measurement, in which the runtimes compile the code. */
  readonly warmUp: number;
  /** The seconds of publishing before a measurement of a server whose code is compiled, but which was idle. */
  readonly rewarm: number;
}

/** The subscribers of a lane. */
export type Audience = Pick<
  SubscribersOptions,
  "count" | "channels" | "replay"
>;

/** The messages that the publishers of a lane send. */
export interface Publishing extends Omit<Load, "pid" | "seconds"> {
  readonly publishers: number;
  readonly perRequest?: number;
  readonly seconds?: number;
}

/** A server rests when it has used less than a twentieth of so many milliseconds. */
const REST_MS = 100;

/** Returns the token of a lane's publishers. */
async function tokenOf(
  lane: Lane,
  { signingKey }: ServerProcess,
): Promise<string> {
  if (signingKey === undefined) return "";
  // Publishing on a WebSocket needs a token that grants it.
  return lane.publisher === "tidings socket"
    ? await publisherToken(signingKey, channelOf(lane) + "-0")
    : signingKey;
}

/** Returns the prefix of the names of a lane's channels, which a number follows. */
export function channelOf({ subscriber, channel }: Lane): string {
  return channel ?? `bench-${subscriber.replace(/\W/g, "-")}`;
}

/** Runs the servers that are measured, and the load generator. */
export class Lab implements AsyncDisposable {
  readonly programs: Programs;
  readonly runtimes: readonly RuntimeName[];
  readonly effort: Effort;
  /** The folder of another checkout that is measured beside this one. */
  readonly before: string | undefined;
  /** The promises that our gateway broke: lost, repeated or reordered messages. */
  readonly breaches: string[] = [];
  /** The same of other servers, which promise less. */
  readonly notes = new Set<string>();
  readonly #servers = new Map<string, Promise<ServerProcess>>();
  readonly #missing = new Set<string>();
  #generator: Generator | undefined;

  constructor(
    programs: Programs,
    runtimes: readonly RuntimeName[],
    effort: Effort,
    before?: string,
  ) {
    this.programs = programs;
    this.runtimes = runtimes;
    this.effort = effort;
    this.before = before;
  }

  /** Returns the resident memory of a server in bytes. */
  async residentBytes(peer: Peer): Promise<number> {
    return (await this.server(peer))?.residentBytes() ?? 0;
  }

  /** Starts a server, unless it runs. Returns `undefined` and prints a line where the machine doesn't have it. */
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

  /** Connects the subscribers of lanes; returns the lanes whose servers the machine has. */
  async open(lanes: readonly Lane[], audience: Audience): Promise<Lane[]> {
    const open: Lane[] = [];
    await Promise.all(lanes.map(({ peer }) => this.server(peer)));
    for (const lane of lanes) {
      if (await this.subscribe(lane, audience)) open.push(lane);
    }
    return open;
  }

  /** Connects the subscribers of a lane; returns `undefined` where the machine doesn't have its server. */
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

  /** Disconnects the subscribers of a lane. */
  async close(lane: Lane): Promise<void> {
    await this.#ask(lane, { do: "close", group: lane.name });
  }

  /** Waits until the server of a lane has nothing left to do, so that it costs the next measurement nothing. */
  async rest({ peer }: Lane): Promise<void> {
    const server = await this.server(peer);
    if (!server) return;
    const { pid, pids = pid } = server;
    let ms = -Infinity;
    while (cpuMs(pids) > ms + REST_MS / 20) {
      ms = cpuMs(pids);
      await new Promise((resolve) => setTimeout(resolve, REST_MS));
    }
  }

  /** Publishes to the subscribers of a lane and measures. */
  async publish(lane: Lane, publishing: Publishing): Promise<Measured> {
    const server = await this.#running(lane);
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

  /** Lets the jobs of another process publish to the subscribers of a lane, and measures both. */
  async publishJobs(
    lane: Lane,
    jobs: JobProcess,
    load: JobLoad,
  ): Promise<{ arrived: Arrived; report: JobReport }> {
    const { name: group } = lane;
    const { pid, pids = pid } = await this.#running(lane);
    const metered = { bytes: load.bytes, pid: pids };
    await this.#ask(lane, { do: "begin", group, metered });
    const report = await jobs.publish(load);
    const { published } = report;
    const arrived = await this.#ask(lane, { do: "end", group, published });
    this.#check(lane, arrived);
    return { arrived, report };
  }

  /** The load generator. */
  get generator(): Generator {
    this.#generator ??= new Generator(this.programs);
    return this.#generator;
  }

  /** Stops the servers and the load generator; the next measurement starts new ones. */
  async clear(): Promise<void> {
    await this.#generator?.stop();
    this.#generator = undefined;
    for (const starting of this.#servers.values()) {
      // A server that the machine doesn't have was never started.
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

  async #running({ peer }: Lane): Promise<ServerProcess> {
    const server = await this.server(peer);
    if (server) return server;
    throw new Error(`Cannot measure ${peer.name}: it does not run`);
  }

  #check(lane: Lane, measured: Arrived): void {
    const { missing, repeated, outstanding, isOneOrder } = measured;
    if (!missing && !repeated && !outstanding && isOneOrder) return;
    const found = `${lane.name}: ${missing} missing, ${repeated} repeated, ` +
      `${outstanding} not arrived, ${
        isOneOrder ? "the same order" : "different orders"
      }`;
    // Other servers promise less.
    if (lane.peer.role === "rival") this.notes.add(found);
    else this.breaches.push(found);
  }
}
