import { pause } from "../../../../core/time/backoff.ts";
import { Arena } from "../../arena.ts";
import type { Fault } from "../../fault.ts";
import { seconds } from "../../units.ts";

/** How long it may take until publishing works again. */
const DELIVERED_MS = 60_000;

/** How long Redis is away before its replica takes over. */
const AWAY_MS = 2_000;

/** How many publishers publish at the same time. */
const LANES = 16;

/** Redis dies, and the replica that takes over lacks the newest acknowledged messages. */
export const failover: Fault = {
  number: "12",
  title: "failover to a replica that lacks the newest messages",
  isLoud: false,
  run: (trial) =>
    Arena.run(trial, {}, async (arena) => {
      const { cluster, publisher } = arena;
      const { master, replica, redisNetwork } = cluster;
      const channels = ["failover-0", "failover-1"];
      await arena.open({ channels, count: trial.isShort ? 10 : 50 });
      const started = performance.now();
      const stop = new AbortController();
      const publishing = arena.load({
        rate: 200,
        seconds: 90,
        lanes: LANES,
        signal: stop.signal,
      });
      await publisher.acknowledged(200);
      // From here on the replica receives nothing: messages acknowledged now are lost with the master.
      await replica.command("REPLICAOF", "NO", "ONE");
      const before = arena.ledger.size;
      const tail = trial.isShort ? 50 : 500;
      await publisher.acknowledged(tail);
      // The clients don't receive the last of these messages.
      await arena.network({ cut: true, refuse: true });
      // Messages that were being published at the cut may have reached them.
      await publisher.acknowledged(tail + LANES);
      await master.kill();
      const lost = arena.ledger.size - before;
      redisNetwork.set({ cut: true, refuse: true });
      const over = performance.now();
      await pause(AWAY_MS);
      const away = await cluster.health();
      redisNetwork.set({ upstream: replica.port });
      await publisher.acknowledged(100);
      const ms = performance.now() - over;
      await cluster.untilHealthy();
      await arena.network({});
      stop.abort();
      await publishing;
      return await arena.judge(
        failover,
        started,
        ({ verdict, state, size }) => ({
          note: `${lost} acknowledged messages lost by Redis; publishing ` +
            `again after ${seconds(ms)}; ${verdict.gapped} inside gaps`,
          breaches: [
            verdict.gapped < tail / channels.length * size &&
            `only ${verdict.gapped} were inside the gaps`,
            away.some(({ status }) => status !== 503) &&
            "a gateway reported that it was healthy",
            ms > DELIVERED_MS && `it took ${Math.round(ms)} ms`,
            (state.withGap !== size || verdict.gaps !== size) &&
            `${verdict.gaps} gaps at ${size} clients, not one each`,
            state.failures.length > 0 && `ended: ${state.failures}`,
          ],
        }),
      );
    }),
};
