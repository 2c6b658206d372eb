import { escapeControls } from "../../core/protocol/escape_controls.ts";
import { VERSION } from "../../core/protocol/version.ts";
import type { Auth } from "../auth/auth.ts";
import type { Events } from "../events/events.ts";
import type { GatewayEvent } from "../events/gateway_event.ts";
import type { Hub } from "../fan_out/hub.ts";
import type { PublishObserver } from "../publish/publisher.ts";
import { runtime } from "../runtimes/runtime.ts";
import type { OpenSessions } from "../sessions/open_sessions.ts";
import { type Envelope, newMessage } from "../wire/envelope.ts";
import type { EventAnswer } from "./answers.ts";
import { ChannelActivity } from "./channel_activity.ts";
import type { OwnOverview } from "./exchanges.ts";
import type { FeedReader } from "./feed_reader.ts";
import { Gateways, type Self } from "./gateways.ts";
import { hostName } from "./host_name.ts";
import { Inspector } from "./inspector.ts";
import { LiveFeed } from "./live_feed.ts";
import { OwnGateway } from "./own_gateway.ts";
import { RecentRefusals } from "./recent_refusals.ts";
import { timeOf } from "./time.ts";
import { TokenCheck } from "./token_check.ts";

/** The parts of the gateway that its operator can see and touch. */
export interface AdminHost {
  readonly hub: Hub;
  readonly sessions: OpenSessions;
  readonly events: Events;
  readonly auth: Auth;
  /** Whether the gateway refuses new connections. */
  isDraining(): boolean;
}

/** Milliseconds between two requests to the other gateways to go on telling what happens. */
const WATCH_MS = 5_000;

/** Most readers of the feeds at one gateway. */
const MAX_READERS = 32;

/** Shows an operator a gateway and the others of its broker. A gateway that nobody may ask has none. */
export class Admin implements PublishObserver {
  readonly inspector: Inspector;
  readonly tokenCheck: TokenCheck;
  /** Where the gateway listens, once it does. */
  url: string | undefined;
  readonly #id: string = crypto.randomUUID();
  readonly #since = Date.now();
  readonly #hostName = hostName();
  readonly #host: AdminHost;
  readonly #gateways: Gateways;
  readonly #activity = new ChannelActivity();
  readonly #refusals: RecentRefusals;
  readonly #events: LiveFeed;
  readonly #messages: LiveFeed;
  readonly #stopListening: () => void;
  /** Runs while anybody reads at this gateway. */
  #watching: ReturnType<typeof setInterval> | undefined;

  constructor(host: AdminHost) {
    const { hub, sessions, auth } = host;
    this.#host = host;
    this.#refusals = new RecentRefusals(this.#id);
    const feedHost = {
      tell: (gateway: string, text: string) =>
        this.#gateways.tell(gateway, text),
      changed: () => this.#watch(),
    };
    this.#events = new LiveFeed("events", feedHost);
    this.#messages = new LiveFeed("messages", feedHost);
    const own = new OwnGateway({
      id: this.#id,
      sessions,
      hub,
      activity: this.#activity,
      refusals: this.#refusals,
      events: this.#events,
      messages: this.#messages,
      overview: () => this.#overview(),
    });
    const { broker } = hub;
    this.#gateways = new Gateways(
      broker.link,
      () => this.#self(),
      own,
      (text) => {
        this.#events.hear(text);
        this.#messages.hear(text);
      },
    );
    this.inspector = new Inspector(this.#gateways, broker, async () => ({
      version: VERSION,
      runtime: (await runtime()).name,
    }));
    this.tokenCheck = new TokenCheck(auth, this.inspector);
    this.#stopListening = host.events.listen(
      (event) => this.#happened(event),
      // The feed of messages shows what is published.
      (name) =>
        name === "refused" || name !== "published" && this.#events.isRead,
    );
  }

  /** Counts what was published, and shows it to those who watch. */
  published(
    envelope: Envelope,
    topics: readonly string[],
    data: string,
    ids: readonly string[],
  ): void {
    const { channel } = envelope;
    for (const [index, topic] of topics.entries()) {
      const id = ids[index] ?? "";
      const isNew = this.#activity.add(channel, topic, id);
      if (!isNew || !this.#messages.isRead) continue;
      const { head } = newMessage(envelope, topic, data);
      this.#messages.show("message", `${head},"id":"${id}"}`);
    }
  }

  /** Opens a feed of the events of all gateways; returns `undefined` where too many read already. */
  openEvents(): Promise<FeedReader | undefined> {
    return this.#open(this.#events);
  }

  /** Opens a feed of the messages of all channels, as {@linkcode openEvents}. */
  openMessages(): Promise<FeedReader | undefined> {
    return this.#open(this.#messages);
  }

  close(): void {
    this.#stopListening();
    this.#events.close();
    this.#messages.close();
    clearInterval(this.#watching);
  }

  /** Resolves when the other gateways tell this one what happens there. */
  async #open(feed: LiveFeed): Promise<FeedReader | undefined> {
    if (this.#events.readers + this.#messages.readers >= MAX_READERS) {
      return undefined;
    }
    const reader = feed.open();
    await this.#ask();
    return reader;
  }

  #happened(event: GatewayEvent): void {
    if (event.event === "refused") this.#refusals.add(event);
    if (event.event === "published" || !this.#events.isRead) return;
    const answer: EventAnswer = {
      ...event,
      time: timeOf(Date.now()),
      gateway: this.#id,
    };
    this.#events.show(event.event, escapeControls(JSON.stringify(answer)));
  }

  /** Goes on asking the other gateways while anybody reads here. */
  #watch(): void {
    const isRead = this.#events.readers + this.#messages.readers > 0;
    if (isRead) {
      this.#watching ??= setInterval(() => void this.#ask(), WATCH_MS);
    } else if (this.#watching !== undefined) {
      clearInterval(this.#watching);
      this.#watching = undefined;
      void this.#ask();
    }
  }

  async #ask(): Promise<void> {
    const events = this.#events.readers > 0;
    const messages = this.#messages.readers > 0;
    await this.#gateways.ask("watch", { events, messages });
  }

  #self(): Self {
    return { id: this.#id, host: this.#hostName, url: this.url };
  }

  async #overview(): Promise<OwnOverview> {
    const { sessions, hub } = this.#host;
    return {
      since: timeOf(this.#since),
      version: VERSION,
      runtime: (await runtime()).name,
      connections: sessions.size,
      channels: hub.size,
      draining: this.#host.isDraining(),
    };
  }
}
