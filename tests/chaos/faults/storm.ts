import { pause } from "../../../core/time/backoff.ts";
import { Arena } from "../arena.ts";
import type { ClientProcess } from "../client_process.ts";
import type { Fault } from "../fault.ts";
import { socketsWithin } from "../limits.ts";
import { mib, seconds } from "../units.ts";

/** How long the clients may take to reconnect. */
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

/** The gateway dies with ten thousand connections, and all clients reconnect at once. */
export const storm: Fault = {
  number: "21",
  title: "all connections lost at once",
  isLoud: true,
  async run(trial) {
    const rows = [];
    // One transport after the other, as together they need more ports and files than a machine has.
    for (const transport of trial.transports) {
      const only = { ...trial, transports: [transport] };
      rows.push(
        ...await Arena.run(only, { isDirect: true }, async (arena) => {
          const [clients] = arena.clients;
          if (!clients) return [];
          const wanted = trial.isShort ? 100 : 10_000;
          const count = socketsWithin(wanted);
          const channels = Array.from({ length: 100 }, (_, i) => `storm-${i}`);
          // How many clients learn that the log was lost.
          const losing = trial.broker === "sqlite" ? 0 : count;
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
            ({ verdict, state }) => ({
              note: `${connections} connections in ${mib(held)}, opened in ` +
                `${seconds(openedMs)}; all reconnected ${seconds(backMs)} ` +
                "after kill -9",
              breaches: [
                connections < count && `only ${connections} were open`,
                backMs > BACK_MS &&
                `not all reconnected: ${JSON.stringify(state.states)}`,
                state.withGap !== losing &&
                `${state.withGap} of ${count} received a gap`,
                verdict.gaps !== losing && `${verdict.gaps} gaps`,
              ],
            }),
          );
        }),
      );
    }
    return rows;
  },
};
