import { pause } from "../../../core/backoff.ts";
import { Arena } from "../arena.ts";
import type { Fault } from "../fault.ts";

/** How long a peer that is gone may count as there. */
const REAPED_MS = 40_000;

/** Peers vanish without a word: no FIN, no RST, and nothing is read or answered any more. */
export const halfOpen: Fault = {
  number: "19",
  title: "half-open peers",
  isLoud: false,
  async run(trial) {
    const rows = [];
    for (const transport of trial.transports) {
      rows.push(tryOne(transport));
    }
    return (await Promise.all(rows)).flat();

    function tryOne(transport: typeof trial.transports[number]) {
      const only = { ...trial, transports: [transport] };
      return Arena.run(only, {}, async (arena) => {
        const count = 20;
        await arena.open({ channels: ["half-open"], count });
        await arena.load({ rate: 20, seconds: 1 });
        const started = performance.now();
        await arena.network({ stall: true, refuse: true });
        let connections = count;
        let ms = 0;
        while (connections > 0 && ms < REAPED_MS) {
          await pause(250);
          ({ connections } = await arena.gateway.health());
          ms = performance.now() - started;
        }
        await arena.network({});
        return await arena.judge(halfOpen, started, ({ verdict, state }) => ({
          note: `${count - connections} of ${count} reaped after ` +
            `${(ms / 1000).toFixed(1)} s`,
          breaches: [
            connections > 0 &&
            `${connections} of ${count} still count after ${
              REAPED_MS / 1000
            } s`,
            verdict.gaps > 0 && `${verdict.gaps} gaps`,
            state.failures.length > 0 && `ended: ${state.failures}`,
          ],
        }));
      });
    }
  },
};
