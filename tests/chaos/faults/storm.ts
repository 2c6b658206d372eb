import { pause } from "../../../core/time/backoff.ts";
import { Arena } from "../arena.ts";
import type { ClientProcess } from "../client_process.ts";
import type { Fault } from "../fault.ts";
import { socketsWithin } from "../limits.ts";

/** How long it may take until everyone is back. */
const BACK_MS = 60_000;

async function untilOpen(
  clients: ClientProcess,
  count: number,
  since: number,
): Promise<number> {
  for (;;) {
    const { states } = await clients.states("all");
    const ms = performance.now() - since;
    if (states.open === count || ms > BACK_MS) return ms;
    await pause(200);
  }
}

/** Ten thousand connections are held; then the gateway dies, and all of them come back at once. */
export const storm: Fault = {
  number: "21",
  title: "connections held, then lost all at once",
  isLoud: true,
  async run(trial) {
    const rows = [];
    // One transport after the other: together they would not fit into a machine's ports and files.
    for (const transport of trial.transports) {
      const only = { ...trial, transports: [transport] };
      rows.push(
        ...await Arena.run(only, { isDirect: true }, async (arena) => {
          const [clients] = arena.clients;
          if (!clients) return [];
          const wanted = trial.isShort ? 100 : 10_000;
          const count = socketsWithin(wanted);
          const channels = Array.from({ length: 100 }, (_, i) => `storm-${i}`);
          const started = performance.now();
          await arena.open({ channels, count });
          const openedMs = performance.now() - started;
          await arena.publisher.once(channels);
          await clients.awaitTops("all", arena.ledger.tops(), BACK_MS);
          const { connections } = await arena.gateway.health();
          const held = arena.gateway.residentBytes;

          const { port } = arena.gateway;
          await arena.gateway.stop();
          const lost = performance.now();
          await arena.startGateway(port);
          await arena.publisher.once(channels);
          const backMs = await untilOpen(clients, count, lost);
          return await arena.judge(
            storm,
            started,
            ({ verdict, state, size }) => ({
              note: `${connections} held with ${
                Math.round(held / 1024 / 1024)
              } MiB, opened in ${
                seconds(openedMs)
              }; after kill -9 all back in ${seconds(backMs)}`,
              breaches: [
                connections < count && `only ${connections} were held`,
                backMs > BACK_MS &&
                `not all were back: ${JSON.stringify(state.states)}`,
                state.withGap !== size &&
                `${state.withGap} of ${size} were told of the loss`,
                verdict.gaps !== size && `${verdict.gaps} gaps`,
              ],
            }),
          );
        }),
      );
    }
    return rows;
  },
};

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
