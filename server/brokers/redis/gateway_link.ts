import { Buffer } from "node:buffer";
import { within } from "../../../core/time/within.ts";
import { tryParseJson } from "../../wire/json_text.ts";
import type {
  GatewayLink,
  LinkedAnswer,
  LinkedGateway,
} from "../gateway_link.ts";
import { HEARTBEAT_SCRIPT, KNOWN_SCRIPT } from "./gateway_scripts.ts";
import { type ChannelKeys, groupKey } from "./keys.ts";
import type { PubSubChannel } from "./pubsub_connection.ts";
import type { RunScript } from "./scripts.ts";
import type { RedisServer } from "./server.ts";
import type { Servers } from "./servers.ts";

/** The parts of the broker that the link needs. */
export interface RedisLinkHost {
  readonly prefix: string;
  /** Whether the servers are a cluster. */
  readonly sharded: boolean;
  readonly servers: Servers;
  readonly run: RunScript;
}

/** The group of all keys and pub/sub channels of the link. */
const GROUP = 0;

/** Milliseconds between two heartbeats. */
const HEARTBEAT_MS = 5_000;

/** Milliseconds that the gateways have to answer. */
const ANSWER_MS = 800;

/** The longest text that is sent and read. */
const MAX_LENGTH = 8 * 1024 * 1024;

/** A question that is open. */
interface Asking {
  readonly answers: Map<string, string>;
  /** The gateways that are known, with their cards; absent until Redis has told them. */
  known?: ReadonlyMap<string, string>;
  /** Ends the wait. */
  done(): void;
}

/**
 * Lets the gateways on one Redis ask each other by pub/sub. One pub/sub channel brings the questions to all of them, and one for each gateway
 * brings it the answers. A hash has the gateways that are known, so that one that doesn't answer can be named.
 */
export class RedisGatewayLink implements GatewayLink {
  readonly #host: RedisLinkHost;
  readonly #asking = new Map<number, Asking>();
  #gateway: LinkedGateway | undefined;
  #subscriptions: LinkSubscription[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;
  #asked = 0;

  constructor(host: RedisLinkHost) {
    this.#host = host;
  }

  join(gateway: LinkedGateway): void {
    this.#gateway = gateway;
    this.#subscriptions = [this.#live(""), this.#live(gateway.id)]
      .map((live) =>
        new LinkSubscription(
          live,
          this.#host.servers,
          (text) => this.#receive(text),
        )
      );
    this.#timer = setInterval(() => this.#beat(), HEARTBEAT_MS);
    this.#beat();
  }

  async ask(
    question: string,
    gateways?: readonly string[],
  ): Promise<readonly LinkedAnswer[]> {
    const gateway = this.#gateway;
    if (!gateway) return [];
    const number = ++this.#asked;
    const { promise, resolve } = Promise.withResolvers<void>();
    const asking: Asking = { answers: new Map(), done: resolve };
    this.#asking.set(number, asking);
    const parts = ["ask", gateway.id, number, question];
    for (const to of gateways ?? [""]) this.#send(to, parts);
    const expected = gateways
      ? Promise.resolve(new Map(gateways.map((id) => [id, ""])))
      : this.#readKnown();
    expected.then((known) => {
      asking.known = known;
      if (isComplete(asking)) resolve();
    }, () => {
      // Redis can't be used, so no answer comes either; the health says so.
      resolve();
    });
    await within(ANSWER_MS, promise);
    this.#asking.delete(number);
    const { answers, known = new Map<string, string>() } = asking;
    const ids = new Set([...known.keys(), ...answers.keys()]);
    ids.delete(gateway.id);
    return [...ids].map((id) => ({
      id,
      card: known.get(id) ?? "",
      text: answers.get(id),
    }));
  }

  tell(gateway: string, text: string): boolean {
    return this.#send(gateway, ["tell", this.#gateway?.id, text]);
  }

  /** Makes the gateway unknown to the others. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const subscription of this.#subscriptions) subscription.close();
    for (const { done } of this.#asking.values()) done();
    const gateway = this.#gateway;
    if (!gateway) return;
    const command = ["HDEL", this.#key, gateway.id];
    // Where Redis can't be used, it forgets the gateway by itself.
    await this.#host.servers.send(GROUP, command).catch(() => undefined);
  }

  get #key(): string {
    return groupKey(this.#host.prefix, GROUP, "gateways", "");
  }

  /** Returns the pub/sub channel of a gateway; `""` stands for all of them. */
  #live(gateway: string): string {
    return groupKey(this.#host.prefix, GROUP, "gateway", gateway);
  }

  #beat(): void {
    const gateway = this.#gateway;
    if (!gateway) return;
    for (const subscription of this.#subscriptions) subscription.keep();
    const args = [gateway.id, gateway.card()];
    // The next heartbeat tries again; the health says that Redis can't be used.
    this.#host.run(HEARTBEAT_SCRIPT, GROUP, [this.#key], args).catch(() => {});
  }

  async #readKnown(): Promise<ReadonlyMap<string, string>> {
    const reply = await this.#host.run(KNOWN_SCRIPT, GROUP, [this.#key], []);
    const texts = Array.isArray(reply) ? reply.map(String) : [];
    const known = new Map<string, string>();
    for (let i = 0; i + 1 < texts.length; i += 2) {
      known.set(texts[i] ?? "", texts[i + 1] ?? "");
    }
    // It may have started a moment ago.
    known.delete(this.#gateway?.id ?? "");
    return known;
  }

  /** Returns whether the text was short enough to be sent. */
  #send(gateway: string, parts: readonly unknown[]): boolean {
    const text = JSON.stringify(parts);
    if (Buffer.byteLength(text) > MAX_LENGTH) return false;
    const command = this.#host.sharded ? "SPUBLISH" : "PUBLISH";
    const args = [command, this.#live(gateway), text];
    // Questions and answers may be lost.
    this.#host.servers.send(GROUP, args).catch(() => {});
    return true;
  }

  #receive(text: string): void {
    const gateway = this.#gateway;
    const [kind, from, ...rest] = parseList(text);
    if (!gateway || typeof from !== "string" || from === gateway.id) return;
    const [number, content] = rest;
    if (kind === "tell" && typeof number === "string") {
      gateway.hear(number, from);
    } else if (typeof number !== "number" || typeof content !== "string") {
      return;
    } else if (kind === "ask") {
      void this.#answer(gateway, from, number, content);
    } else if (kind === "answer") {
      const asking = this.#asking.get(number);
      asking?.answers.set(from, content);
      if (asking && isComplete(asking)) asking.done();
    }
  }

  async #answer(
    gateway: LinkedGateway,
    from: string,
    number: number,
    question: string,
  ): Promise<void> {
    const answer = await gateway.answer(question, from);
    if (answer !== undefined) {
      this.#send(from, ["answer", gateway.id, number, answer]);
    }
  }
}

function isComplete({ known, answers }: Asking): boolean {
  return known !== undefined &&
    [...known.keys()].every((id) => answers.has(id));
}

/** Parses a list; returns an empty one for what no gateway wrote. */
function parseList(text: string): unknown[] {
  const { value } = tryParseJson(text, "the gateway's text");
  return Array.isArray(value) ? value : [];
}

/** A pub/sub channel of the link, which moves with its slot. */
class LinkSubscription implements PubSubChannel {
  readonly keys: ChannelKeys;
  readonly #servers: Servers;
  readonly #take: (text: string) => void;
  #server: RedisServer | undefined;
  #isClosed = false;

  constructor(live: string, servers: Servers, take: (text: string) => void) {
    this.keys = { group: GROUP, meta: "", log: "", subscribers: "", live };
    this.#servers = servers;
    this.#take = take;
  }

  /** Subscribes where the slot is now, unless it is subscribed there. */
  keep(): void {
    const server = this.#servers.serverOf(GROUP);
    if (server === this.#server || this.#isClosed) return;
    this.#server?.pubsub.remove(this);
    this.#server = server;
    server?.pubsub.add(this).catch(() => {
      // The next heartbeat tries again.
      if (this.#server === server) this.#server = undefined;
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#server?.pubsub.remove(this);
  }

  receive(message: Buffer): void {
    if (message.length <= MAX_LENGTH) this.#take(message.toString());
  }

  resubscribed(): void {}

  unsubscribed(): void {
    this.#server = undefined;
  }
}
