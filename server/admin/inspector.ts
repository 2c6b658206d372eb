import type { Broker } from "../brokers/broker.ts";
import type { LogSummary } from "../brokers/log_summary.ts";
import type {
  ChannelAnswer,
  ChannelDetail,
  ChannelList,
  ChannelSort,
  GatewayAnswer,
  Overview,
  RefusalAnswer,
  SessionDetail,
  SessionList,
} from "./answers.ts";
import type { SessionFilter, SessionPlace } from "./exchanges.ts";
import { answersOf, type Gateways } from "./gateways.ts";
import {
  type ChannelPlace,
  compareChannels,
  compareSessions,
  formatChannelPlace,
  formatSessionPlace,
  type ListedChannel,
} from "./list_order.ts";
import { mergeChannels, mergeIndexes } from "./merge_channels.ts";
import { newestRefusals } from "./recent_refusals.ts";
import { soon } from "./soon.ts";

/** Most topics of a channel in a list. */
const LISTED_TOPICS = 100;

/** A page that is asked for. */
export interface PageRequest<Place> {
  readonly after?: Place | undefined;
  readonly limit: number;
}

/** Answers what an operator asks, for all gateways of the broker together. */
export class Inspector {
  readonly #gateways: Gateways;
  readonly #broker: Broker;
  /** Describes the gateway that is asked. */
  readonly #own: () => Promise<Pick<Overview, "version" | "runtime">>;

  constructor(
    gateways: Gateways,
    broker: Broker,
    own: () => Promise<Pick<Overview, "version" | "runtime">>,
  ) {
    this.#gateways = gateways;
    this.#broker = broker;
    this.#own = own;
  }

  async overview(): Promise<Overview> {
    const [answered, index, health, own] = await Promise.all([
      this.#gateways.ask("overview", {}),
      this.#index(),
      soon(this.#broker.health()),
      this.#own(),
    ]);
    const connections = answersOf(answered)
      .reduce((sum, { connections = 0 }) => sum + connections, 0);
    return {
      connections,
      channels: index.total,
      broker: {
        name: this.#broker.name,
        ...health ?? { ok: false, detail: "it doesn't answer" },
      },
      ...own,
      gateways: answered.map(({ gateway, answer }) => ({
        ...answer,
        ...gateway,
      })),
    };
  }

  async channels(
    sort: ChannelSort,
    search: string | undefined,
    { after, limit }: PageRequest<ChannelPlace>,
  ): Promise<ChannelList> {
    const { channels, total, gateways, others } = await this.#index(
      sort,
      search,
    );
    const start = after
      ? channels.findIndex((channel) =>
        compareChannels(sort, channel, after.channel) > 0
      )
      : 0;
    const page = start < 0 ? [] : channels.slice(start, start + limit);
    const last = page.at(-1);
    const isMore = start >= 0 && start + limit < channels.length;
    return {
      channels: await this.#describe(page, LISTED_TOPICS, others),
      total,
      next: last && isMore
        ? formatChannelPlace({ sort, channel: last })
        : undefined,
      gateways,
    };
  }

  /** Describes one channel; returns `undefined` where it is not in use and has no log. */
  async channel(name: string): Promise<ChannelDetail | undefined> {
    const answered = await this.#gateways.ask("channels", {
      names: [name],
      topics: Number.MAX_SAFE_INTEGER,
    });
    const parts = answersOf(answered).flat();
    const [summary] = await this.#summarize([name]);
    const [detail] = mergeChannels([name], parts, [summary]);
    const isKnown = summary !== undefined ||
      parts.some(({ topics }) => topics.length > 0);
    return detail && isKnown
      ? { ...detail, gateways: gatewaysOf(answered) }
      : undefined;
  }

  async sessions(
    filter: SessionFilter,
    { after, limit }: PageRequest<SessionPlace>,
  ): Promise<SessionList> {
    const question = { ...filter, after, limit };
    const answered = await this.#gateways.ask("sessions", question);
    const parts = answersOf(answered);
    const all = parts.flatMap(({ sessions }) => sessions).sort(compareSessions);
    // After the last session of a part that has more, others of the same gateway may be missing.
    const ends = parts.filter(({ isMore }) => isMore)
      .flatMap(({ sessions }) => sessions.slice(-1)).sort(compareSessions);
    const [end] = ends;
    const known = end
      ? all.filter((one) => compareSessions(one, end) <= 0)
      : all;
    const sessions = known.slice(0, limit);
    const last = sessions.at(-1);
    const isMore = end !== undefined || known.length > limit;
    return {
      sessions,
      total: parts.reduce((sum, { total }) => sum + total, 0),
      next: last && isMore ? formatSessionPlace(last) : undefined,
      gateways: gatewaysOf(answered),
    };
  }

  /** Describes a session; returns `undefined` where it isn't open. */
  async session(id: string): Promise<SessionDetail | undefined> {
    const answered = await this.#gateways.ask("session", { id });
    const [session] = answersOf(answered)
      .flatMap(({ session }) => session ? [session] : []);
    return session && { ...session, gateways: gatewaysOf(answered) };
  }

  /** Ends a session, and tells whether it was open. */
  async end(id: string): Promise<boolean> {
    const answered = await this.#gateways.ask("end", { id });
    return answersOf(answered).some(({ ended }) => ended);
  }

  /** Returns what was refused to a client lately. */
  async refusals(
    client: Omit<SessionFilter, "channel">,
  ): Promise<RefusalAnswer[]> {
    const answered = await this.#gateways.ask("refusals", client);
    return newestRefusals(answersOf(answered).flat());
  }

  /** Returns the channels of all gateways in order, with the ids of the gateways that answered. */
  async #index(sort?: ChannelSort, search?: string): Promise<{
    channels: readonly ListedChannel[];
    total: number;
    gateways: GatewayAnswer[];
    others: string[];
  }> {
    const answered = await this.#gateways.ask("index", { sort, search });
    const indexes = answersOf(answered);
    const channels = mergeIndexes(indexes, sort);
    const totals = indexes.map(({ total }) => total);
    const gateways = gatewaysOf(answered);
    return {
      channels,
      total: Math.max(channels.length, ...totals),
      gateways,
      others: gateways.filter(({ answered, self }) => answered && !self)
        .map(({ id }) => id),
    };
  }

  async #describe(
    page: readonly ListedChannel[],
    topics: number,
    others: readonly string[],
  ): Promise<ChannelAnswer[]> {
    const names = page.map(([name]) => name);
    if (names.length === 0) return [];
    const [answered, summaries] = await Promise.all([
      this.#gateways.ask("channels", { names, topics }, others),
      this.#summarize(names),
    ]);
    const all = mergeChannels(names, answersOf(answered).flat(), summaries);
    // The numbers that it was sorted by, although they may have changed since.
    return all.map((channel, i) => ({
      ...channel,
      subscribers: page[i]?.[1] ?? channel.subscribers,
      rate: page[i]?.[2] ?? channel.rate,
      topics: channel.topics.slice(0, topics),
    }));
  }

  async #summarize(
    names: readonly string[],
  ): Promise<ReadonlyArray<LogSummary | undefined>> {
    const summaries = this.#broker.summarize?.(names);
    return summaries && await soon(summaries) || [];
  }
}

function gatewaysOf(
  answered: ReadonlyArray<{ readonly gateway: GatewayAnswer }>,
): GatewayAnswer[] {
  return answered.map(({ gateway }) => gateway);
}
