import { Arena } from "../arena.ts";
import type { Fault } from "../fault.ts";

const CHANNEL = "retention";
const KEPT = 100;

/** Clients stay disconnected until the log has lost a part of what they missed. */
export const retention: Fault = {
  number: "6",
  title: "disconnected for longer than the log reaches back",
  isLoud: false,
  run: (trial) => {
    const flags = ["--history-size", String(KEPT)];
    return Arena.run(trial, { flags }, async (arena) => {
      await arena.open({ channels: [CHANNEL], count: 20 });
      const started = performance.now();
      await arena.publisher.burst(CHANNEL, 50);
      const tops = arena.ledger.tops();
      await Promise.all(
        arena.clients.map((clients) => clients.awaitTops("all", tops, 10_000)),
      );
      await arena.network({ cut: true, refuse: true });
      const missed = trial.isShort ? 300 : 5_000;
      await arena.publisher.burst(CHANNEL, missed);
      await arena.network({});
      return await arena.judge(
        retention,
        started,
        ({ verdict, state, size }) => ({
          note: `${missed} missed, ${KEPT} kept; ` +
            `each client's gap has ${verdict.gapped / size}`,
          breaches: [
            (verdict.gaps !== size || state.mostGaps !== 1) &&
            `${verdict.gaps} gaps at ${size} clients, not one each`,
            // One more message may be published before they have reconnected.
            (verdict.gapped / size < missed - KEPT ||
              verdict.gapped / size > missed - KEPT + 1) &&
            `${verdict.gapped / size} messages were inside each gap`,
          ],
        }),
      );
    });
  },
};
