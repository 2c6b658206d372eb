import { createRealtime } from "../../../core/app/create_realtime.ts";
import type { Publication } from "../../../core/types/realtime.ts";
import { Arena } from "../arena.ts";
import type { Fault } from "../fault.ts";
import { digestOf } from "../ledger.ts";
import { Proxy } from "../proxy.ts";
import { TOPIC } from "../../support/topic.ts";

const CHANNEL = "publishing";

/** Publishers repeat acknowledged messages with the same idempotency key, at once and one after the other. */
export const repeated: Fault = {
  number: "14",
  title: "publishing again with the same idempotency key",
  isLoud: false,
  run: (trial) =>
    Arena.run(trial, {}, async (arena) => {
      await arena.open({ channels: [CHANNEL], count: 5 });
      const started = performance.now();
      const { url, signingKey } = arena;
      const { publish } = createRealtime({ url, signingKey });
      const problems: string[] = [];
      const count = trial.isShort ? 20 : 200;
      for (let n = 0; n < count; n++) {
        const data = { repeated: n };
        const send = (): Promise<Publication> =>
          publish({ channel: CHANNEL, topic: TOPIC, data }, {
            key: `repeated-${n}`,
          });
        const together = await Promise.all([send(), send(), send()]);
        const ids = [...together, await send(), await send()]
          .map(({ id }) => id);
        if (new Set(ids).size > 1) problems.push(`one key got the ids ${ids}`);
        arena.ledger.acknowledge(CHANNEL, ids[0] ?? "", digestOf("data", data));
      }
      return await arena.judge(repeated, started, ({ verdict }) => ({
        note: `${count} messages published 5 times each`,
        breaches: [...problems, verdict.gaps > 0 && `${verdict.gaps} gaps`],
      }));
    }),
};

/** The gateway accepts a message, and its answer never arrives. */
export const lostAnswer: Fault = {
  number: "15",
  title: "the answer to publish is lost",
  isLoud: false,
  run: (trial) =>
    Arena.run(trial, {}, async (arena) => {
      await arena.open({ channels: [CHANNEL], count: 5 });
      const started = performance.now();
      const proxy = await Proxy.start(arena.port);
      try {
        const { signingKey } = arena;
        const { publish } = createRealtime({ url: proxy.url, signingKey });
        const count = trial.isShort ? 3 : 20;
        for (let n = 0; n < count; n++) {
          const data = { lostAnswer: n };
          proxy.set({ mute: true });
          const cut = proxy.cut();
          const published = publish({ channel: CHANNEL, topic: TOPIC, data });
          await cut;
          // Other requests that lost their answer fail now, so that nothing waits for them.
          proxy.set({ cut: true });
          proxy.set({});
          const { id } = await published;
          arena.ledger.acknowledge(CHANNEL, id, digestOf("data", data));
        }
        const attempts = proxy.connects;
        return await arena.judge(lostAnswer, started, ({ verdict }) => ({
          note: `${count} messages took ${attempts} connections`,
          breaches: [
            attempts <= count && "no attempt was retried",
            verdict.gaps > 0 && `${verdict.gaps} gaps`,
          ],
        }));
      } finally {
        await proxy.close();
      }
    }),
};

/** Many publishers publish to one channel at the same time. */
export const manyPublishers: Fault = {
  number: "16",
  title: "50 publishers on one channel",
  isLoud: true,
  run: (trial) =>
    Arena.run(
      trial,
      { flags: ["--history-size", "100000"] },
      async (arena) => {
        await arena.open({ channels: [CHANNEL], count: 10 });
        const started = performance.now();
        await arena.load({
          rate: 2_000,
          seconds: trial.isShort ? 0.5 : 5,
          lanes: 50,
        });
        return await arena.judge(manyPublishers, started, ({ verdict }) => ({
          note: "one order for all, which keeps the order of each publisher",
          breaches: [verdict.gaps > 0 && `${verdict.gaps} gaps`],
        }));
      },
    ),
};
