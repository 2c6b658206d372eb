import { TOPIC } from "../../../support/topic.ts";
import type { Arena } from "../../arena.ts";
import { digestOf } from "../../ledger.ts";
import { pause } from "../../../../core/time/backoff.ts";

/** The longest that a probe waits for an answer. */
const LONGEST_MS = 20_000;

/** The lane of the probes in the ledger. */
const LANE = -1_000_000;

/** An answer of the gateway. */
export interface Answer {
  readonly status: number;
  /** The time until it was there. */
  readonly ms: number;
  /** The id of the message. */
  readonly id?: string;
  /** The code of the error. */
  readonly code?: string;
}

/** Sends single requests to the gateway of an arena, without retries, and keeps the slowest answers. */
export class Probe {
  /** The statuses and codes of refused publishes, without repetition. */
  readonly refusals = new Set<string>();
  slowestPublishMs = 0;
  slowestReadMs = 0;
  /** The statuses of reads that failed, without repetition. */
  readonly failedReads = new Set<number>();
  readonly #arena: Arena;
  readonly #channel: string;
  #count = 0;

  constructor(arena: Arena, channel: string) {
    this.#arena = arena;
    this.#channel = channel;
  }

  /** Publishes a message once. If it is refused, it may be in the log or not. */
  async publish(): Promise<Answer> {
    const data = { probe: ++this.#count };
    const answer = await this.publishData(data, crypto.randomUUID());
    const { ledger } = this.#arena;
    const digest = digestOf("data", data);
    this.slowestPublishMs = Math.max(this.slowestPublishMs, answer.ms);
    if (answer.id === undefined) {
      this.refusals.add(`${answer.status} ${answer.code}`);
      ledger.doubt(this.#channel, digest);
    } else ledger.acknowledge(this.#channel, answer.id, digest, LANE);
    return answer;
  }

  /** Publishes data with an idempotency key; records nothing. */
  async publishData(data: object, key: string): Promise<Answer> {
    const channel = this.#channel;
    const query = new URLSearchParams({ channel, topic: TOPIC });
    const { status, ms, body } = await this.#request(`publish?${query}`, {
      method: "POST",
      headers: { "idempotency-key": key },
      body: JSON.stringify(data),
    });
    const { id, error } = Object(body);
    return { status, ms, id, code: error?.code };
  }

  /** Reads the newest messages of the log. */
  async read(): Promise<ReadonlyArray<{ id: string; data: unknown }>> {
    const channel = this.#channel;
    const query = new URLSearchParams({ channel, topic: TOPIC, limit: "1000" });
    const { status, ms, body } = await this.#request(`history?${query}`, {});
    this.slowestReadMs = Math.max(this.slowestReadMs, ms);
    if (status !== 200) this.failedReads.add(status);
    return Object(body).messages ?? [];
  }

  /** Publishes and reads until the time is over. */
  async watch(ms: number): Promise<void> {
    const end = performance.now() + ms;
    while (performance.now() < end) {
      const rest = pause(100);
      await Promise.all([this.publish(), this.read(), rest]);
    }
  }

  /** Publishes until a message is refused, or the time is over. */
  async untilRefused(ms: number): Promise<Answer | undefined> {
    const end = performance.now() + ms;
    while (performance.now() < end) {
      const answer = await this.publish();
      if (answer.id === undefined) return answer;
    }
    return undefined;
  }

  /** Waits until `/readyz` has a status, or the time is over; returns how long that took, `undefined` where it never had the status. */
  async untilReadiness(
    wanted: number,
    longestMs: number,
  ): Promise<number | undefined> {
    const started = performance.now();
    for (;;) {
      const response = await fetch(`${this.#arena.gateway.url}/readyz`, {
        signal: AbortSignal.timeout(LONGEST_MS),
      });
      await response.body?.cancel();
      const ms = performance.now() - started;
      if (response.status === wanted) return ms;
      if (ms > longestMs) return undefined;
      await pause(20);
    }
  }

  async #request(
    path: string,
    { headers, ...init }: RequestInit,
  ): Promise<{ status: number; ms: number; body: unknown }> {
    const { gateway, signingKey } = this.#arena;
    const authorization = `Bearer ${signingKey}`;
    const started = performance.now();
    let status = 0;
    let body: unknown;
    try {
      const response = await fetch(`${gateway.url}/v1/realtime/${path}`, {
        ...init,
        headers: { ...headers, authorization },
        signal: AbortSignal.timeout(LONGEST_MS),
      });
      status = response.status;
      body = await response.json();
    } catch {
      // The gateway ended, or didn't answer in time: the status stays 0.
    }
    return { status, ms: performance.now() - started, body };
  }
}
