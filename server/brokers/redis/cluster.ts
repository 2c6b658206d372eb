import { pause } from "../../../core/time/backoff.ts";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { GROUPS, slotOf } from "./keys.ts";
import { isReply, type RedisSettings } from "./connection.ts";
import { RedisServer } from "./server.ts";
import { asUnavailable, type Servers } from "./servers.ts";
import { formatAddress, type RedisAddress } from "./url.ts";

/** Milliseconds between two discoveries of the slots while all is well. */
const REFRESH_MS = 10_000;

/** Milliseconds between two discoveries while something is wrong. */
const RETRY_MS = 250;

/** Milliseconds before the retry of a command that Redis refused for a moment. */
const REPEAT_MS = 50;

/** How many servers are asked at the same time. */
const ASKED_AT_ONCE = 3;

/** How many redirects one command follows. */
const MAX_REDIRECTS = 5;

/** Matches errors with which Redis refuses a command for a moment, without having done anything. */
const TEMPORARY = /^(TRYAGAIN|CLUSTERDOWN|LOADING|MASTERDOWN)/;

/**
 * The servers of a Redis cluster. The library's own cluster client is not used, because commands to a silent server must fail in bounded time
 * without delaying those to other servers, and a subscription must be on the server that has its slot.
 */
export class ClusterServers implements Servers {
  readonly #settings: RedisSettings;
  readonly #report: (error: unknown) => void;
  readonly #changed: () => void;
  readonly #servers = new Map<string, RedisServer>();
  readonly #closing = new AbortController();
  #owners: ReadonlyArray<RedisServer | undefined> = [];
  #refreshRequested = new AbortController();
  readonly #done: Promise<void>;

  /** @param changed Called when some groups have moved to another server. */
  constructor(
    settings: RedisSettings,
    report: (error: unknown) => void,
    changed: () => void,
  ) {
    this.#settings = settings;
    this.#report = report;
    this.#changed = changed;
    this.#done = this.#run();
  }

  get all(): readonly RedisServer[] {
    return [...new Set(this.#owners)].filter((server) => server !== undefined);
  }

  serverOf(group: number): RedisServer | undefined {
    return this.#owners[group];
  }

  async locate(group: number): Promise<RedisServer> {
    const until = performance.now() + this.#settings.connectMs;
    for (;;) {
      const server = this.serverOf(group);
      if (server) return server;
      if (performance.now() > until || !await this.#refreshAndWait()) {
        throw new RealtimeError(
          "unavailable",
          "Cannot use the Redis cluster: no server has the slot",
        );
      }
    }
  }

  async send(
    group: number,
    args: readonly string[],
    isRead = false,
  ): Promise<unknown> {
    const until = performance.now() + this.#settings.connectMs;
    let server = this.serverOf(group) ?? await this.locate(group);
    let needsAsking = false;
    for (let redirects = 0;;) {
      const connection = server.connection(isRead);
      try {
        // ASKING applies to the command that comes right after it.
        if (needsAsking) connection.send(["ASKING"]).catch(() => undefined);
        return await connection.send(args, isRead);
      } catch (error) {
        if (!isReply(error)) {
          this.#refresh();
          throw error;
        }
        const { message } = error;
        const redirect = readRedirect(message, server.address);
        if (redirect && redirects < MAX_REDIRECTS) {
          redirects++;
          needsAsking = redirect.needsAsking;
          if (!needsAsking) this.#refresh();
          server = this.#server(redirect.address);
          continue;
        }
        const isTemporary = TEMPORARY.test(message) &&
          performance.now() < until;
        if (!isTemporary || !await this.#refreshAndWait()) {
          throw asUnavailable(error, server);
        }
      }
    }
  }

  /** Requests a discovery and waits a moment; returns `false` once the broker is closed. */
  async #refreshAndWait(): Promise<boolean> {
    this.#refresh();
    await pause(REPEAT_MS, this.#closing.signal);
    return !this.#closing.signal.aborted;
  }

  /** Requests a discovery without delay; requests at the same time share one. */
  #refresh(): void {
    this.#refreshRequested.abort();
  }

  get problem(): string | undefined {
    const isMissing = this.#owners.length < GROUPS ||
      this.#owners.includes(undefined);
    if (isMissing) {
      const servers = [...this.#servers.values()];
      return servers.find(({ problem }) => problem)?.problem ??
        "the Redis cluster doesn't serve every slot";
    }
    return this.all.find(({ problem }) => problem)?.problem;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#refresh();
    await this.#done;
    const servers = [...this.#servers.values()];
    await Promise.all(servers.map((server) => server.close()));
  }

  /** Discovers the slots again and again, without delay when a refresh was requested. */
  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      this.#refreshRequested = new AbortController();
      const isKnown = await this.#discover();
      if (signal.aborted) return;
      if (isKnown && !this.problem) {
        await pause(REFRESH_MS, this.#refreshRequested.signal);
      }
      await pause(RETRY_MS, signal);
    }
  }

  async #discover(): Promise<boolean> {
    const known = [...this.#servers.values()];
    const prompt = known.filter(({ commands }) => commands.isPrompt);
    if (prompt.length === 0) {
      for (const address of this.#settings.hosts) this.#server(address);
    }
    const asked = prompt.length > 0 ? prompt : [...this.#servers.values()];
    // Each of them may know an old state of the cluster, or not answer.
    const start = Math.floor(Math.random() * asked.length);
    const some = [...asked.slice(start), ...asked.slice(0, start)]
      .slice(0, ASKED_AT_ONCE);
    try {
      this.#apply(
        await Promise.any(some.map(async ({ address, commands }) => {
          const answer = await commands.send(["CLUSTER", "SLOTS"]);
          return readSlots(answer, address);
        })),
      );
      return true;
    } catch (error) {
      this.#report(error instanceof AggregateError ? error.errors[0] : error);
      return false;
    }
  }

  #apply(ranges: readonly SlotRange[]): void {
    const before = this.#owners;
    const owners = Array.from({ length: GROUPS }, (_, group) => {
      const slot = slotOf(group);
      const range = ranges.find(({ from, to }) => from <= slot && slot <= to);
      return range && this.#server(range.address);
    });
    this.#owners = owners;
    const used = new Set(owners);
    for (const [name, server] of this.#servers) {
      if (used.has(server)) continue;
      this.#servers.delete(name);
      server.close().catch(this.#report);
    }
    if (owners.some((server, group) => server !== before[group])) {
      this.#changed();
    }
  }

  #server(address: RedisAddress): RedisServer {
    const name = formatAddress(address);
    let server = this.#servers.get(name);
    if (!server) {
      server = new RedisServer(address, this.#settings, (error) => {
        this.#report(error);
        this.#refresh();
      });
      this.#servers.set(name, server);
    }
    return server;
  }
}

interface SlotRange {
  readonly from: number;
  readonly to: number;
  readonly address: RedisAddress;
}

/** Reads the reply to `CLUSTER SLOTS`. A server without a host is the one that was asked. */
function readSlots(answer: unknown, asked: RedisAddress): SlotRange[] {
  return listOf(answer).map((range) => {
    const [from, to, master] = listOf(range);
    const [host, port] = listOf(master);
    const address = { host: hostOf(host, asked), port: Number(port) };
    return { from: Number(from), to: Number(to), address };
  });
}

/** Reads the server to which an error redirects a command, and whether `ASKING` must precede it. */
function readRedirect(
  message: string,
  asked: RedisAddress,
): { needsAsking: boolean; address: RedisAddress } | undefined {
  const match = /^(MOVED|ASK) \d+ (.*):(\d+)$/.exec(message);
  if (!match) return undefined;
  const address = { host: hostOf(match[2], asked), port: Number(match[3]) };
  return { needsAsking: match[1] === "ASK", address };
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function hostOf(host: unknown, asked: RedisAddress): string {
  return typeof host === "string" && host !== "" && host !== "?"
    ? host
    : asked.host;
}
