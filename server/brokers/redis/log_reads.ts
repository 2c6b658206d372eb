import type { Position } from "../../../core/protocol/id.ts";
import type { LogPage, ReadOptions } from "../broker.ts";
import { newEpoch } from "../log.ts";
import type { ChannelKeys } from "./keys.ts";
import { readFound, readPage } from "./script_results.ts";
import type { Script, Scripts } from "./scripts.ts";
import type { Servers } from "./servers.ts";

/** The parts of the broker that reads of logs need. */
export interface LogReadsHost {
  readonly servers: Servers;
  readonly scripts: Pick<Scripts, "read" | "before">;
  /** Runs a script on the connection for reads. */
  run(
    script: Script,
    keys: ChannelKeys,
    args: readonly string[],
  ): Promise<unknown>;
  /** Reports that a log has entries that no gateway wrote. */
  reportForeign(log: string): void;
}

/** After which offset a log is read, how many messages and bytes at most, and the topics. */
type Query = readonly [
  after: number,
  limit: number,
  maxBytes: number,
  ...topics: string[],
];

/** Reads logs, a part at a time, so that Redis can serve others in between. */
export class LogReads {
  readonly #host: LogReadsHost;

  constructor(host: LogReadsHost) {
    this.#host = host;
  }

  /** Reads a page at once. */
  async page(keys: ChannelKeys, query: Query): Promise<LogPage> {
    const { scripts, run, reportForeign } = this.#host;
    const args = [newEpoch(), ...query.map(String)];
    const { skipped, ...page } = readPage(await run(scripts.read, keys, args));
    if (skipped > 0) reportForeign(keys.log);
    return page;
  }

  /** Reads a page when it is the reader's turn. */
  read(
    keys: ChannelKeys,
    [after, limit, maxBytes]: Query,
    { topics, reader }: ReadOptions,
  ): Promise<LogPage> {
    // No topic has the empty name: no topics are not all topics.
    const wanted = topics ? ["", ...topics] : [];
    const query: Query = [after, limit, maxBytes, ...wanted];
    const read = () => this.page(keys, query);
    return this.#inTurn(keys, reader, ["read", ...query], read);
  }

  /** Returns the position before the newest messages of some topics. */
  async before(
    keys: ChannelKeys,
    topics: ReadonlySet<string>,
    count: number,
    reader: string | undefined,
  ): Promise<Position> {
    const { scripts, run } = this.#host;
    const top = { epoch: "", offset: Number.MAX_SAFE_INTEGER, left: count };
    for (let { epoch, offset, left } = top;;) {
      const query = [left, offset, ...topics];
      const args = [newEpoch(), ...query.map(String)];
      const read = () => run(scripts.before, keys, args);
      const found = readFound(
        await this.#inTurn(keys, reader, ["before", ...query], read),
      );
      if (found.left === 0) return found;
      // An offset of a log that was lost meanwhile means nothing in the new one.
      const isOtherLog = epoch !== "" && found.epoch !== epoch;
      ({ epoch, offset, left } = isOtherLog ? top : found);
    }
  }

  /** Reads when it is the reader's turn at the channel's server. The question says what is read. */
  async #inTurn<T>(
    { group, log }: ChannelKeys,
    reader: string | undefined,
    question: readonly unknown[],
    read: () => Promise<T>,
  ): Promise<T> {
    const { turns } = await this.#host.servers.locate(group);
    return await turns.read(reader, JSON.stringify([log, question]), read);
  }
}
