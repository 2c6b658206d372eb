import { pause } from "../../../../core/time/backoff.ts";
import { channelKeys } from "../../../../server/brokers/redis/keys.ts";
import { Arena, type Outcome, type Remarks } from "../../arena.ts";
import type { Fault } from "../../fault.ts";
import { seconds } from "../../units.ts";

/** How long it may take until every client has received a gap. */
const GAP_MS = 45_000;

/** The prefix of the gateways' keys. */
const PREFIX = "tidings:";

/** Waits until enough clients of each transport have received a gap, or the time is over; returns how long that took. */
async function untilGaps(arena: Arena, count: number): Promise<number> {
  const started = performance.now();
  for (;;) {
    const states = await Promise.all(
      arena.clients.map((clients) => clients.states("all")),
    );
    const ms = performance.now() - started;
    if (states.every(({ withGap }) => withGap >= count) || ms > GAP_MS) {
      return ms;
    }
    await pause(100);
  }
}

function remarks(
  { verdict, state }: Outcome,
  count: number,
  gapMs: number,
): Remarks {
  return {
    note: `all received a gap within ${seconds(gapMs)}; ` +
      `${verdict.gapped} acknowledged messages were inside gaps`,
    breaches: [
      state.withGap !== count && `${state.withGap} of ${count} received a gap`,
      verdict.gaps !== count && `${verdict.gaps} gaps at ${count} clients`,
      gapMs > GAP_MS && `not all received a gap within ${GAP_MS / 1000} s`,
      state.failures.length > 0 && `ended: ${state.failures}`,
    ],
  };
}

/** Redis loses everything while messages are published to some of the channels. */
export const flush: Fault = {
  number: "8",
  title: "Redis loses everything (FLUSHALL)",
  isLoud: false,
  run: (trial) =>
    Arena.run(trial, {}, async (arena) => {
      const { cluster, publisher } = arena;
      const busy = ["flush-0", "flush-1"];
      const channels = [...busy, "flush-quiet"];
      const count = trial.isShort ? 9 : 60;
      await arena.open({ channels, count });
      const started = performance.now();
      await publisher.once(channels);
      const stop = new AbortController();
      const publishing = publisher.run({
        channels: busy,
        rate: 100,
        seconds: 60,
        signal: stop.signal,
      });
      await publisher.acknowledged(100);
      await cluster.master.command("FLUSHALL");
      const ms = await untilGaps(arena, count);
      stop.abort();
      await publishing;
      return await arena.judge(
        flush,
        started,
        (outcome) => remarks(outcome, outcome.size, ms),
      );
    }),
};

/** Redis loses the metadata of a channel, but not its log. */
export const forget: Fault = {
  number: "9",
  title: "Redis loses a channel's metadata",
  isLoud: false,
  run: (trial) =>
    Arena.run(trial, {}, async (arena) => {
      const { cluster, publisher } = arena;
      const channels = ["forgotten", "other"];
      const count = trial.isShort ? 6 : 40;
      await arena.open({ channels, count });
      const started = performance.now();
      const stop = new AbortController();
      const publishing = arena.load({
        rate: 100,
        seconds: 60,
        signal: stop.signal,
      });
      await publisher.acknowledged(100);
      const { meta } = channelKeys(PREFIX, "forgotten");
      const deleted = await cluster.master.command("DEL", meta);
      const ms = await untilGaps(arena, count / 2);
      stop.abort();
      await publishing;
      return await arena.judge(forget, started, (outcome) => {
        const { note, breaches = [] } = remarks(outcome, count / 2, ms);
        return {
          ...note === undefined ? {} : { note },
          breaches: [deleted !== 1 && "the key did not exist", ...breaches],
        };
      });
    }),
};
