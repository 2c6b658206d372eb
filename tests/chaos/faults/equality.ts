import { pause } from "../../../core/time/backoff.ts";
import { Arena } from "../arena.ts";
import type { Fault } from "../fault.ts";
import { TOPIC } from "../../support/topic.ts";
import type { ListedMessage } from "../subscriber.ts";

const CHANNEL = "equality";

/** How long a connection lasts, in milliseconds. */
const LIFETIME_MS = [100, 300] as const;

/** Data that is hard to encode. */
const CORPUS: readonly unknown[] = [
  null,
  true,
  0,
  -0.5,
  1e21,
  "",
  "\u2028\u2029\u0000\r\n\n",
  "data: x\n\n",
  "\u{1F600}e\u0301\ud800",
  [],
  [[[]]],
  {},
  { "": "", "\n": "\n", id: "zzzzzzzz-1", kind: "ping" },
  "x".repeat(100_000),
  { deep: { deep: { deep: [1, { deep: null }] } } },
];

/** Both transports deliver the same messages as the log has, while connections are cut. */
export const equality: Fault = {
  number: "28",
  title: "WebSocket and SSE deliver the same",
  isLoud: false,
  run: (trial) =>
    Arena.run(trial, {}, async (arena) => {
      const { url, signingKey } = arena;
      await arena.open({ channels: [CHANNEL], count: 1 });
      const started = performance.now();
      await arena.network({ lifetimeMs: LIFETIME_MS });
      const rounds = trial.isShort ? 2 : 20;
      for (let round = 0; round < rounds; round++) {
        for (const data of CORPUS) {
          await arena.publisher.once([CHANNEL], { data });
        }
        // A round is over sooner than the first connection is cut.
        if (round === 0) await pause(LIFETIME_MS[1]);
      }
      await arena.network({});
      const rows = await arena.judge(equality, started, ({ state }) => ({
        breaches: [state.cuts === 0 && "nothing was cut"],
      }));
      const response = await fetch(
        `${url}/v1/realtime/history?channel=${CHANNEL}&topic=${TOPIC}&limit=1000`,
        { headers: { authorization: `Bearer ${signingKey}` } },
      );
      const { messages } = await response.json();
      for (const [i, clients] of arena.clients.entries()) {
        const [list = []] = await clients.list("all");
        const row = rows[i];
        if (!row || text(list) === text(messages)) continue;
        row.breaches.push(`${list.length} messages differ from the log`);
      }
      return rows.map((row) => ({
        ...row,
        note: "every message as in the log, while connections were cut",
      }));
    }),
};

function text(messages: readonly ListedMessage[]): string {
  return JSON.stringify(
    messages.map(({ id, kind, data }) => ({ id, kind, data })),
  );
}
