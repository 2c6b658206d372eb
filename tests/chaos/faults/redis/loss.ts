import { pause } from "../../../../core/time/backoff.ts";
import { channelKeys } from "../../../../server/brokers/redis/keys.ts";
import { Arena, type Outcome, type Remarks } from "../../arena.ts";
import type { Fault } from "../../fault.ts";

/** How long it may take until everyone was told of what is lost. */
const TOLD_MS = 45_000;

/** What the gateways' keys begin with. */
const PREFIX = "tidings:";

/** Resolves when so many clients on each transport know of a gap, with how long that took; with the time it was waited otherwise. */
async function untilTold(arena: Arena, count: number): Promise<number> {
  const started = performance.now();
  for (;;) {
    const states = await Promise.all(
      arena.clients.map((clients) => clients.states("all")),
    );
    const ms = performance.now() - started;
    if (states.every(({ withGap }) => withGap >= count) || ms > TOLD_MS) {
      return ms;
    }
    await pause(100);
  }
}

function remarks(
  { verdict, state }: Outcome,
  told: number,
  toldMs: number,
): Remarks {
  return {
    note: `all told after ${(toldMs / 1000).toFixed(1)} s; ` +
      `${verdict.gapped} acknowledged messages were inside the gaps`,
    breaches: [
      state.withGap !== told && `${state.withGap} of ${told} were told`,
      verdict.gaps !== told && `${verdict.gaps} gaps at ${told} clients`,
      toldMs > TOLD_MS && `not all were told within ${TOLD_MS / 1000} s`,
      state.failures.length > 0 && `ended: ${state.failures}`,
    ],
  };
}

/** Redis forgets everything, while messages are published to some channels and to others not. */
export const flush: Fault = {
  number: "8",
  title: "FLUSHALL",
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
      const ms = await untilTold(arena, count);
      stop.abort();
      await publishing;
      return await arena.judge(
        flush,
        started,
        (outcome) => remarks(outcome, outcome.size, ms),
      );
    }),
};

/** Redis forgets how a channel stands, not its log. */
export const forget: Fault = {
  number: "9",
  title: "a channel's metadata deleted",
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
      const ms = await untilTold(arena, count / 2);
      stop.abort();
      await publishing;
      return await arena.judge(forget, started, (outcome) => {
        const { note, breaches = [] } = remarks(outcome, count / 2, ms);
        return {
          ...note === undefined ? {} : { note },
          breaches: [deleted !== 1 && "there was no such key", ...breaches],
        };
      });
    }),
};
