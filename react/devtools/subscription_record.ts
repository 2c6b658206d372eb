import type { Gap } from "../../core/types/subscription.ts";
import type { ObservedSubscription } from "../shared_subscription.ts";
import type { AnyMessage } from "../view_state.ts";

/** How many messages of a subscription are kept. */
const KEPT_MESSAGES = 20;

/** How many gaps of a subscription are kept. */
const KEPT_GAPS = 5;

/** A gap, and when it was found. */
export interface RecordedGap {
  readonly time: Date;
  readonly gap: Gap;
}

/** A time without a connection. */
export interface Outage {
  readonly since: Date;
  /** The end, once the subscription is open again. */
  readonly until?: Date;
  /** The last reason, where one is known. */
  readonly error: Error | null;
  /** How many attempts have failed. */
  readonly attempts: number;
  /** The time of the next attempt, if one is planned. */
  readonly retryAt?: Date;
}

/** The channel and topics of a subscription. */
export interface Target {
  readonly channel: string;
  readonly topics: readonly string[];
}

/** The panel's memory of one subscription. */
export class SubscriptionRecord {
  readonly subscription: ObservedSubscription;
  /** The newest messages, oldest first. */
  messages: AnyMessage[] = [];
  /** The number of all messages. */
  messageCount: number = 0;
  /** The newest gaps, oldest first. */
  gaps: RecordedGap[] = [];
  /** The number of all gaps. */
  gapCount: number = 0;
  /** The last outage. */
  outage: Outage | undefined;
  readonly #key: string;
  #grant: string | undefined;

  /** @param key The key under which components share the subscription. */
  constructor(key: string, subscription: ObservedSubscription) {
    const { log, grant } = subscription;
    this.#key = key;
    this.#grant = grant;
    this.subscription = subscription;
    this.messages = log.between(0, log.end, KEPT_MESSAGES);
    this.messageCount = log.end;
    this.#stateChanged();
  }

  /** The channel and topics: those of the token, or those that the hook names while there is none. */
  get target(): Target | undefined {
    const { grant } = this.subscription;
    const named: unknown = grant
      ? JSON.parse(grant)
      : JSON.parse(this.#key).at(0);
    if (!Array.isArray(named)) return undefined;
    const [channel, topics] = named;
    return { channel: String(channel), topics };
  }

  /** Takes note of what the subscription has told its observer. */
  saw(news: AnyMessage | Gap | undefined): void {
    this.#forgetOtherChannel();
    if (!news) this.#stateChanged();
    else if ("after" in news) this.#addGap(news);
    else this.#addMessage(news);
  }

  /** A token for another channel or other topics starts again. */
  #forgetOtherChannel(): void {
    const { grant } = this.subscription;
    const isOther = this.#grant !== undefined && this.#grant !== grant;
    this.#grant = grant;
    if (!isOther) return;
    this.messages = [];
    this.gaps = [];
    this.messageCount = this.gapCount = 0;
    this.outage = undefined;
  }

  #addMessage(message: AnyMessage): void {
    this.messages = [...this.messages, message].slice(-KEPT_MESSAGES);
    this.messageCount++;
  }

  #addGap(gap: Gap): void {
    this.gaps = [...this.gaps, { time: new Date(), gap }].slice(-KEPT_GAPS);
    this.gapCount++;
  }

  #stateChanged(): void {
    const { state, error, retryInMs } = this.subscription;
    const going = this.outage?.until ? undefined : this.outage;
    if (state === "open") {
      this.outage = going ? endOf(going) : this.outage;
    } else if (state === "failed") {
      this.outage = { since: new Date(), error, attempts: 0 };
    } else if (going || error || state === "reconnecting") {
      this.outage = nextOf(going, error, retryInMs);
    }
  }
}

function endOf({ since, error, attempts }: Outage): Outage {
  return { since, error, attempts, until: new Date() };
}

/** Returns an outage that begins or goes on with a change of the state. */
function nextOf(
  going: Outage | undefined,
  error: Error | null,
  retryInMs: number | null,
): Outage {
  const { since = new Date(), attempts = 0 } = going ?? {};
  const isFailure = error !== null && error !== going?.error;
  return {
    since,
    error: error ?? going?.error ?? null,
    attempts: attempts + Number(isFailure),
    ...retryInMs !== null && { retryAt: new Date(Date.now() + retryInMs) },
  };
}
