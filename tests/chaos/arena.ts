import { randomBytes } from "node:crypto";
import type { FaultyDisk } from "../support/disk/faulty_disk.ts";
import { ClientProcess } from "./client_process.ts";
import type { GroupState, Plan } from "./client_protocol.ts";
import { Cluster } from "./cluster.ts";
import { type Fault, rowOf, type Trial } from "./fault.ts";
import { GatewayProcess } from "./gateway_process.ts";
import { Ledger } from "./ledger.ts";
import type { Verdict } from "./oracle.ts";
import type { NetworkFaults } from "./proxy.ts";
import { type Load, Publisher } from "./publisher.ts";
import { type DiskOptions, makeStorage, type Storage } from "./storage.ts";
import type { Row } from "./table.ts";

/** Options of an arena. */
export interface ArenaOptions {
  /** Further arguments of the gateways' command lines. */
  readonly flags?: readonly string[];
  /** Whether the clients connect without a proxy. */
  readonly isDirect?: boolean;
  /** How the disk of the gateways' file can fail. */
  readonly disk?: DiskOptions;
  /** Called with each line that a gateway without a cluster prints. */
  readonly onOutput?: (line: string) => void;
}

/** The result for the clients of one transport. */
export interface Outcome {
  readonly clients: ClientProcess;
  readonly verdict: Verdict;
  readonly state: GroupState;
  /** The number of subscriptions. */
  readonly size: number;
}

/** The note and the breaches that a fault adds to a row. */
export interface Remarks {
  readonly note?: string;
  /** A text for each broken promise; `false` stands for a promise that was kept. */
  readonly breaches?: ReadonlyArray<string | false>;
}

/** The counts that must be 0 whatever the fault is. */
const NEVER = [
  "lost",
  "duplicated",
  "reordered",
  "corrupted",
  "silent",
  "contradicted",
] as const;

/** How long clients may take to catch up after a fault: twice the longest backoff. */
const CATCH_UP_MS = 45_000;

/** The group of the subscriptions of a fault that has only one. */
const GROUP = "all";

/** One gateway, or several on one Redis. */
type Site = GatewayProcess | Cluster;

function startSite(
  { programs, runtime, cluster }: Trial,
  signingKey: string,
  flags: readonly string[],
  env: Storage["env"],
  onOutput: ArenaOptions["onOutput"],
): Promise<Site> {
  const common = { programs, signingKey, flags };
  return cluster
    ? Cluster.start({ ...common, runtimes: cluster })
    : GatewayProcess.start({
      ...common,
      runtime,
      env,
      ...(onOutput ? { onOutput } : {}),
    });
}

/** Gateways, publishers, and a process of clients for each transport. */
export class Arena {
  readonly trial: Trial;
  readonly signingKey: string;
  /** The port that clients and publishers connect to at first: the gateway's, or nginx's. */
  readonly port: number;
  readonly ledger: Ledger = new Ledger();
  readonly publisher: Publisher;
  /** The clients, one process for each transport. */
  readonly clients: readonly ClientProcess[];
  /** Where the gateways keep their log. */
  readonly storage: Storage;
  readonly #flags: readonly string[];
  readonly #channels = new Set<string>();
  readonly #groups = new Map<string, number>();
  readonly #gateways: GatewayProcess[] = [];
  readonly #cluster: Cluster | undefined;

  private constructor(
    trial: Trial,
    signingKey: string,
    site: Site,
    clients: readonly ClientProcess[],
    flags: readonly string[],
    storage: Storage,
  ) {
    this.trial = trial;
    this.signingKey = signingKey;
    this.clients = clients;
    this.#flags = flags;
    this.storage = storage;
    if (site instanceof Cluster) this.#cluster = site;
    else this.#gateways.push(site);
    this.port = portOf(site);
    const { url, ledger } = this;
    this.publisher = new Publisher({ url, signingKey, ledger });
  }

  /** Starts an arena, runs a fault in it, and stops all processes. */
  static async run(
    trial: Trial,
    { flags = [], isDirect = false, disk, onOutput }: ArenaOptions,
    body: (arena: Arena) => Promise<Row[]>,
  ): Promise<Row[]> {
    const { programs, transports } = trial;
    const signingKey = `signkey-chaos-${randomBytes(32).toString("hex")}`;
    await using storage = await makeStorage(trial, disk);
    const allFlags = [...flags, ...storage.flags];
    const { env } = storage;
    const site = await startSite(trial, signingKey, allFlags, env, onOutput);
    const port = portOf(site);
    const clients: ClientProcess[] = [];
    let arena: Arena | undefined;
    try {
      for (const transport of transports) {
        const start = { transport, signingKey, port, isDirect };
        // A clock that is shifted is that of the whole machine: tokens get their times from the clients' processes.
        clients.push(
          await ClientProcess.start(programs, trial.clients, start, env),
        );
      }
      arena = new Arena(trial, signingKey, site, clients, allFlags, storage);
      return await body(arena);
    } finally {
      await Promise.all(clients.map((process) => process.stop()));
      await site.stop();
      await arena?.stopGateways();
    }
  }

  /** The URL that clients and publishers connect to at first. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The gateway that was started last, without a cluster. */
  get gateway(): GatewayProcess {
    const gateway = this.#gateways.at(-1);
    if (!gateway) throw new Error("The arena has no gateway of its own");
    return gateway;
  }

  /** The disk of the gateways' file, in an arena whose disk can fail. */
  get disk(): FaultyDisk {
    const { disk } = this.storage;
    if (!disk) throw new Error("The arena's disk can't fail");
    return disk;
  }

  /** The cluster of gateways on one Redis. */
  get cluster(): Cluster {
    if (!this.#cluster) throw new Error("The arena has no cluster");
    return this.#cluster;
  }

  /** Opens subscriptions on each transport; by default they start at the start of their channels. */
  async open(
    plan: Partial<Plan> & Pick<Plan, "channels" | "count">,
  ): Promise<void> {
    const { group = GROUP, count } = plan;
    this.#groups.set(group, (this.#groups.get(group) ?? 0) + count);
    for (const channel of plan.channels) this.#channels.add(channel);
    await Promise.all(
      this.clients.map((clients) =>
        clients.open({ from: "start", group, ...plan })
      ),
    );
  }

  /** Stops every gateway that is not part of a cluster. */
  async stopGateways(): Promise<void> {
    await Promise.all(this.#gateways.map((gateway) => gateway.stop()));
  }

  /** Changes the network between the clients and the gateways. */
  async network(faults: NetworkFaults): Promise<void> {
    await Promise.all(this.clients.map((clients) => clients.network(faults)));
  }

  /** Publishes to all channels that have subscriptions. */
  load(load: Omit<Load, "channels">): Promise<void> {
    return this.publisher.run({ channels: [...this.#channels], ...load });
  }

  /** Publishes to all channels that have subscriptions, for some seconds at most; returns a function that stops it. */
  keepLoading(load: Omit<Load, "channels" | "signal">): () => Promise<void> {
    const stop = new AbortController();
    const loading = this.load({ ...load, signal: stop.signal });
    return async () => {
      stop.abort();
      await loading;
    };
  }

  /** Starts another gateway, which shares only the signing key and the storage with the others, and publishes to it from now on. */
  async startGateway(port: number = 0): Promise<GatewayProcess> {
    const { programs, runtime } = this.trial;
    const { signingKey } = this;
    const gateway = await GatewayProcess.start({
      programs,
      runtime,
      signingKey,
      flags: this.#flags,
      env: this.storage.env,
      port,
    });
    this.#gateways.push(gateway);
    this.publisher.options.url = gateway.url;
    return gateway;
  }

  /**
   * Publishes a last message to each channel, waits until the clients have it, compares what they received with the ledger, and returns
   * a row for each transport.
   *
   * @param remark Adds a note and further breaches to the row of one transport.
   */
  async judge(
    fault: Fault,
    started: number,
    remark: (outcome: Outcome) => Remarks | Promise<Remarks> = () => ({}),
    group: string = GROUP,
  ): Promise<Row[]> {
    await this.publisher.once([...this.#channels]);
    return await Promise.all(this.clients.map(async (clients) => {
      const tops = this.ledger.tops();
      const missing = await clients.awaitTops(group, tops, CATCH_UP_MS);
      const verdict = await clients.judge(group, this.ledger);
      const state = await clients.states(group);
      const size = this.#groups.get(group) ?? 0;
      const outcome = { clients, verdict, state, size };
      const { note = "", breaches = [] } = await remark(outcome);
      return rowOf(fault, this.trial, started, {
        ...verdict,
        transport: clients.transport,
        sent: this.ledger.size,
        note,
        breaches: [
          ...this.#common(verdict, missing),
          ...breaches.filter((breach) => breach !== false),
        ],
      });
    }));
  }

  #common(verdict: Verdict, missing: number): string[] {
    const breaches: string[] = NEVER.filter((name) => verdict[name] > 0)
      .map((name) => `${verdict[name]} ${name}`);
    breaches.push(...verdict.problems, ...this.ledger.problems);
    if (missing > 0) {
      breaches.push(`${missing} did not receive their channel's last message`);
    }
    const { abandoned } = this.publisher;
    if (abandoned > 0) {
      breaches.push(`${abandoned} messages could not be published`);
    }
    if (verdict.received === 0) breaches.push("nothing was received");
    const { gateways } = this.#cluster ?? { gateways: [this.gateway] };
    for (const { isOver, errors } of gateways) {
      if (isOver) breaches.push(`a gateway ended: ${errors}`);
    }
    return breaches;
  }
}

function portOf(site: Site): number {
  return site instanceof Cluster ? site.nginx.port : site.port;
}
