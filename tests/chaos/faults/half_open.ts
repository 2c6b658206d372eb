import { pause } from "../../../core/time/backoff.ts";
import { Arena } from "../arena.ts";
import type { Transport } from "../client_protocol.ts";
import type { Fault, Trial } from "../fault.ts";
import { seconds } from "../units.ts";
import type { Row } from "../table.ts";

/** How long a peer that has vanished may count as connected. */
const CLOSED_MS = 40_000;

/** The load that the SSE streams get meanwhile. */
const FLOW = { rate: 50, padding: 32_000 };

/**
 * Peers vanish without FIN or RST, and neither read nor answer any more.
 *
 * The gateway notices a WebSocket's peer by its missing pongs. A peer of Server-Sent Events sends nothing: it is noticed when messages
 * are sent and not read. While nothing is published only TCP can notice it.
 */
export const halfOpen: Fault = {
  number: "19",
  title: "half-open connections",
  isLoud: false,
  run: async (trial) =>
    (await Promise.all(
      trial.transports.map((transport) => runOne(trial, transport)),
    )).flat(),
};

function runOne(trial: Trial, transport: Transport): Promise<Row[]> {
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
        : arena.load({ ...FLOW, seconds: CLOSED_MS / 1000, signal });
      // Connections that never were can't end.
      const { connections: before } = await arena.gateway.health();
      let connections = before;
      let ms = 0;
      while (connections > 0 && ms < CLOSED_MS) {
        await pause(250);
        ({ connections } = await arena.gateway.health());
        ms = performance.now() - started;
      }
      done.abort();
      await flow;
      await arena.network({});
      return await arena.judge(halfOpen, started, ({ verdict, state }) => ({
        note:
          `${count - connections} of ${count} closed after ${seconds(ms)}, ` +
          (isQuiet ? "without messages" : "while messages were published"),
        breaches: [
          before < count && `only ${before} of ${count} were open before`,
          connections > 0 &&
          `${connections} of ${count} were open after ${CLOSED_MS / 1000} s`,
          verdict.gaps > 0 && `${verdict.gaps} gaps`,
          state.failures.length > 0 && `ended: ${state.failures}`,
        ],
      }));
    },
  );
}
