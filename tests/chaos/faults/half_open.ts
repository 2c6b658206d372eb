import { pause } from "../../../core/time/backoff.ts";
import { Arena } from "../arena.ts";
import type { Transport } from "../client_protocol.ts";
import type { Fault, Trial } from "../fault.ts";
import type { Row } from "../table.ts";

/** How long a peer that is gone may count as there. */
const REAPED_MS = 40_000;

/** What is published to an SSE stream meanwhile. */
const FLOW = { rate: 50, padding: 32_000 };

/**
 * Peers vanish without a word: no FIN, no RST, and nothing is read or answered any more.
 *
 * A WebSocket's peer is missed by its pongs. One of Server-Sent Events has nothing to answer with: it is missed when messages flow
 * and are not taken; while nothing is published, only TCP can tell.
 */
export const halfOpen: Fault = {
  number: "19",
  title: "half-open peers",
  isLoud: false,
  run: async (trial) =>
    (await Promise.all(
      trial.transports.map((transport) => tryOne(trial, transport)),
    )).flat(),
};

function tryOne(trial: Trial, transport: Transport): Promise<Row[]> {
  const only = { ...trial, transports: [transport] };
  const isQuiet = transport === "websocket";
  return Arena.run(
    only,
    { flags: ["--history-size", "20000"] },
    async (arena) => {
      const count = 20;
      await arena.open({ channels: ["half-open"], count });
      await arena.load({ rate: 20, seconds: 1 });
      const started = performance.now();
      await arena.network({ stall: true, refuse: true });
      const done = new AbortController();
      const { signal } = done;
      const flow = isQuiet
        ? undefined
        : arena.load({ ...FLOW, seconds: REAPED_MS / 1000, signal });
      let connections = count;
      let ms = 0;
      while (connections > 0 && ms < REAPED_MS) {
        await pause(250);
        ({ connections } = await arena.gateway.health());
        ms = performance.now() - started;
      }
      done.abort();
      await flow;
      await arena.network({});
      return await arena.judge(halfOpen, started, ({ verdict, state }) => ({
        note: `${count - connections} of ${count} reaped after ` +
          `${(ms / 1000).toFixed(1)} s, ` +
          (isQuiet ? "nothing published meanwhile" : "while messages flowed"),
        breaches: [
          connections > 0 &&
          `${connections} of ${count} still count after ${REAPED_MS / 1000} s`,
          verdict.gaps > 0 && `${verdict.gaps} gaps`,
          state.failures.length > 0 && `ended: ${state.failures}`,
        ],
      }));
    },
  );
}
