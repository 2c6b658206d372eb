import fc from "fast-check";
import type { ModelSince } from "./log_model.ts";
import type { RawTransport } from "../wire/raw_client.ts";

/** The topics that steps publish and subscribe to. */
export const TOPICS = ["a", "b", "c"];

/** Seconds that the log keeps a message. */
export const TTL_S = 60;

const CLIENTS = 3;

/** Something that happens to a channel. */
export type Step =
  | { readonly do: "publish"; readonly topics: readonly string[] }
  | { readonly do: "wait"; readonly seconds: number }
  | {
    readonly do: "subscribe";
    readonly client: number;
    readonly transport: RawTransport;
    readonly topics: readonly string[];
    readonly since: ModelSince;
  }
  | {
    readonly do: "add";
    readonly client: number;
    readonly topics: readonly string[];
    readonly since: ModelSince;
  }
  | { readonly do: "leave"; readonly client: number }
  | {
    readonly do: "resume";
    readonly client: number;
    readonly transport: RawTransport;
  };

const client = fc.nat(CLIENTS - 1);
/** Either transport. */
export const transport: fc.Arbitrary<RawTransport> = fc.constantFrom(
  "websocket",
  "sse",
);
const topics = fc.subarray(TOPICS, { minLength: 1 });
const since: fc.Arbitrary<ModelSince> = fc.oneof(
  fc.constantFrom({ from: "live" }, { from: "start" }, { from: "stranger" }),
  fc.record({
    from: fc.constant("last"),
    count: fc.integer({ min: 1, max: 12 }),
  }),
  fc.record({ from: fc.constant("id"), offset: fc.nat(30) }),
  fc.record({
    from: fc.constant("ahead"),
    by: fc.integer({ min: -2, max: 2 }),
  }),
);
/** Any step. */
export const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant("publish"), topics }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("wait"),
      seconds: fc.constantFrom(1, 20, TTL_S - 1, TTL_S),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("subscribe"),
      client,
      transport,
      topics,
      since,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("add"), client, topics, since }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("leave"), client }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("resume"), client, transport }),
  },
);
