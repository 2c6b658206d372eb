import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { setImmediate as turn } from "node:timers/promises";
import { channel } from "../../../core/channel/channel.ts";
import { topic } from "../../../core/channel/topic.ts";
import { createRealtime } from "../../../core/app/create_realtime.ts";
import type { RealtimeError } from "../../../core/protocol/errors.ts";
import type { Publication } from "../../../core/types/realtime.ts";
import type { StandardSchema } from "../../../core/types/standard_schema.ts";
import { subscribe } from "../../../core/subscribe/subscribe.ts";
import { appOf, take } from "../../support/client/client.ts";
import {
  type Fault,
  FAULTS,
  ModelGateway,
} from "../../support/client/model_gateway.ts";
import { startGateway } from "../../support/gateway/gateway.ts";
import { startProxy } from "../../support/gateway/proxy.ts";
import { setGlobals } from "../../support/globals.ts";

/** One call of `publish`, which isn't awaited before the next one. */
interface Call {
  readonly channel: "a" | "b" | "c";
  /** How the data get through: at once, after an asynchronous schema, or not at all. */
  readonly check: "none" | "slow" | "fails";
  /** Whether the gateway refuses the message for good. */
  readonly isRefused: boolean;
  /** After how many turns of the event loop the caller withdraws it. */
  readonly withdrawnAfter: number | undefined;
  /** How many turns of the event loop pass before the next call. */
  readonly turns: number;
}

interface Data {
  readonly call: number;
  readonly isRefused: boolean;
}

/** A schema that takes some turns of the event loop. */
function slowSchema(isValid: boolean): StandardSchema<Data> {
  return {
    "~standard": {
      version: 1,
      vendor: "test",
      async validate(value) {
        for (let i = 0; i < 3; i++) await turn();
        return isValid
          ? { value: value as Data }
          : { issues: [{ message: "No" }] };
      },
    },
  };
}

const rooms = channel((name: string) => name)
  .addTopic(topic("none").type<Data>())
  .addTopic(topic("slow").schema(slowSchema(true)))
  .addTopic(topic("fails").schema(slowSchema(false)));

const calls = fc.array(
  fc.record<Call>({
    channel: fc.constantFrom("a", "b", "c"),
    check: fc.constantFrom("none", "none", "none", "slow", "fails"),
    isRefused: fc.constantFrom(false, false, false, false, true),
    withdrawnAfter: fc.option(fc.nat(12), { nil: undefined, freq: 5 }),
    turns: fc.constantFrom(0, 0, 0, 1, 5),
  }),
  { minLength: 1, maxLength: 40 },
);

/** At most four faults, so that the fifth attempt of a message is its last and succeeds. */
const scripts = fc.array(fc.constantFrom<Fault>(...FAULTS), { maxLength: 4 });

/** Makes the pauses before retries as short as a turn. The timeout of requests stays, and so do timers that pass arguments, which are Node's. */
function shortenPauses(): () => void {
  const { setTimeout } = globalThis;
  return setGlobals({
    setTimeout: (action: () => void, ms: number, ...args: []) =>
      setTimeout(action, ms < 30_000 && args.length === 0 ? 0 : ms, ...args),
  });
}

async function publishCalls(
  gateway: ModelGateway,
  calls: readonly Call[],
): Promise<PromiseSettledResult<Publication>[]> {
  const { fetch } = gateway;
  const app = createRealtime({ url: "http://localhost:1", fetch });
  const results: Promise<Publication>[] = [];
  for (
    const [call, { turns, withdrawnAfter, isRefused, ...to }] of calls.entries()
  ) {
    const withdrawal = new AbortController();
    const { signal } = withdrawal;
    const data = { call, isRefused };
    const published = app.publish(rooms(to.channel)[to.check], data, {
      signal,
    });
    published.catch(() => undefined);
    results.push(published);
    if (withdrawnAfter !== undefined) {
      void (async () => {
        for (let i = 0; i < withdrawnAfter; i++) await turn();
        withdrawal.abort();
      })();
    }
    for (let i = 0; i < turns; i++) await turn();
  }
  const settled = await Promise.allSettled(results);
  await gateway.settled();
  return settled;
}

/** Returns what is wrong with the log and the results of some calls. */
function problems(
  { logs, batches, breaches }: ModelGateway,
  calls: readonly Call[],
  results: readonly PromiseSettledResult<Publication>[],
): string[] {
  const found = [...breaches];
  for (const [name, published] of logs) {
    // A message that is withdrawn after it has left may come at any time.
    const log = published.filter((call) =>
      results[call]?.status === "fulfilled"
    );
    if (log.some((call, i) => call <= (log[i - 1] ?? -1))) {
      found.push(`${name} has the order ${log}`);
    }
  }
  if (batches.some((lines) => lines > 256)) found.push(`batches of ${batches}`);
  for (const [call, result] of results.entries()) {
    const { channel, check, isRefused, withdrawnAfter } = calls[call] as Call;
    const place = (logs.get(channel)?.indexOf(call) ?? -1) + 1;
    if (result.status === "fulfilled") {
      const { id } = result.value;
      if (id !== `${channel}-${place}`) found.push(`${call} got ${id}`);
      if (check === "fails" || isRefused) found.push(`${call} got an id`);
      continue;
    }
    const { code } = result.reason as RealtimeError;
    const isExpected = code === "aborted" && withdrawnAfter !== undefined ||
      code === "invalid_data" && check === "fails" ||
      code === "conflict" && isRefused && check !== "fails";
    if (!isExpected) found.push(`${call} failed with ${code}`);
    if (place > 0 && code !== "aborted") found.push(`${call} is published`);
  }
  return found;
}

describe("publish() without await", () => {
  it("keeps the order of the calls in each channel, whatever fails", async () => {
    const restore = shortenPauses();
    try {
      await fc.assert(
        fc.asyncProperty(calls, scripts, async (calls, script) => {
          const gateway = new ModelGateway(script);
          const results = await publishCalls(gateway, calls);
          assertEquals(problems(gateway, calls, results), []);
        }),
        { numRuns: 300 },
      );
    } finally {
      restore();
    }
  });

  it("keeps it while the connection is cut again and again, and loses nothing", async () => {
    await using gateway = await startGateway();
    await using proxy = await startProxy(gateway.url);
    const names = ["a", "b", "c"];
    const app = createRealtime({
      url: proxy.url,
      signingKey: gateway.signingKey,
      retry: { attempts: 20 },
    });
    const publications: Promise<Publication>[] = [];
    for (let data = 0; data < 1200; data++) {
      const channel = names[data % names.length] ?? "";
      publications.push(app.publish({ channel, topic: "t", data }));
      if (data % 100 !== 99) continue;
      await turn();
      proxy.cut();
      proxy.lead(gateway.url);
    }
    const ids = (await Promise.all(publications)).map(({ id }) => id);
    for (const [i, channel] of names.entries()) {
      await using subscription = await subscribe(
        { app: appOf(gateway), channel, topics: ["t"] },
        { from: "start" },
      );
      const messages = await take(subscription, 400);
      assertEquals(
        messages.map(({ data, id }) => [data, id]),
        Array.from({ length: 400 }, (_, n) => n * 3 + i)
          .map((call) => [call, ids[call]]),
      );
    }
  });
});
