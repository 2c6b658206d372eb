import { Arena } from "../arena.ts";
import type { Fault } from "../fault.ts";
import { seconds } from "../units.ts";

/** How long the subscriptions may take to open and to come back. */
const BACK_MS = 60_000;

/** The part of the subscriptions whose opening is measured, and the time that it may take. */
const MEASURED = 1_000;
const OPENED_MS = 2_000;

/** A server with thousands of subscriptions in one process, which share connections, loses its gateway. */
export const crowd: Fault = {
  number: "46",
  title: "kill -9 below 5,000 subscriptions of one process",
  isLoud: true,
  run(trial) {
    const only = {
      ...trial,
      clients: trial.runtime,
      transports: trial.transports.filter((one) => one === "websocket"),
    };
    return Arena.run(only, { isDirect: true }, async (arena) => {
      const count = trial.isShort ? 300 : 5 * MEASURED;
      const measured = Math.min(count, MEASURED);
      const channels = Array.from({ length: count }, (_, i) => `crowd-${i}`);
      const plan = { isShared: true, lanes: count };
      // How many subscriptions learn that the log was lost.
      const losing = trial.broker === "sqlite" ? 0 : count;
      const started = performance.now();
      await arena.open({
        ...plan,
        channels: channels.slice(0, measured),
        count: measured,
      });
      const openedMs = performance.now() - started;
      if (count > measured) {
        await arena.open({
          ...plan,
          channels: channels.slice(measured),
          count: count - measured,
        });
      }
      await arena.publisher.once(channels);
      for (const clients of arena.clients) {
        await clients.awaitTops("all", arena.ledger.tops(), BACK_MS);
      }
      const { connections } = await arena.gateway.health();

      const { port } = arena.gateway;
      await arena.gateway.stop();
      const lost = performance.now();
      await arena.startGateway(port);
      return await arena.judge(crowd, started, ({ verdict, state }) => ({
        note: `${measured} opened in ${seconds(openedMs)}, ${count} on ` +
          `${connections} connections; all back ` +
          `${seconds(performance.now() - lost)} after kill -9; ` +
          `${state.errors.length} errors`,
        breaches: [
          !trial.isShort && openedMs > OPENED_MS &&
          `opening took ${seconds(openedMs)}`,
          // A gateway that is back before the first attempt is no outage.
          state.errors.length > 1 && `${state.errors.length} errors`,
          state.failures.length > 0 && `${state.failures.length} failed`,
          state.opened !== 2 * count && `opened ${state.opened} times`,
          verdict.gaps !== losing && `${verdict.gaps} gaps`,
        ],
      }));
    });
  },
};
