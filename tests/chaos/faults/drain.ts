import { mintToken } from "../../../core/protocol/mint_token.ts";
import { Arena, type Outcome, type Remarks } from "../arena.ts";
import type { Fault, Trial } from "../fault.ts";
import type { GatewayProcess } from "../gateway_process.ts";
import { Horde, webSocketRequest } from "../horde.ts";
import { Ledger } from "../ledger.ts";
import { percent, seconds } from "../units.ts";
import { Publisher } from "../publisher.ts";
import { TOPIC } from "../../support/topic.ts";

/** How long a gateway may take to end after the signal. */
const EXIT_MS = 30_000;

/**
 * The share of clients that may make their first attempt to reconnect within one second. The gateway spreads the attempts over ten
 * seconds, so a larger share happens by chance once in a million runs.
 */
const BUSIEST_FIRST = 0.4;

/** The share of all attempts to reconnect, retries included, that may fall into one second. */
const BUSIEST = 0.5;

/** Characters of a message to the sockets that don't read. */
const MESSAGE = 32_000;

/** Channels of the sockets that don't read, and how many messages each gets: more than a send queue holds, and fewer. */
const UNREAD = [["unread-over", 200], ["unread-under", 20]] as const;

/** How many sockets that don't read follow each of them. */
const UNREAD_EACH = 5;

/** How a gateway ended after the signal. */
interface Ending {
  readonly code: number | null;
  readonly ms: number;
}

/** Sends the signal to end. In a short trial it is SIGINT, after which clients reconnect at once. */
async function terminate(
  gateway: GatewayProcess,
  { isShort }: Trial,
): Promise<Ending> {
  const start = performance.now();
  gateway.kill(isShort ? "SIGINT" : "SIGTERM");
  const { code } = await gateway.exited;
  return { code, ms: performance.now() - start };
}

/** Opens sockets that don't read and publishes to them: one channel overflows its send queues, the other doesn't. */
async function openUnread(arena: Arena): Promise<Horde[]> {
  const { signingKey } = arena;
  const { url, port } = arena.gateway;
  const publisher = new Publisher({ url, signingKey, ledger: new Ledger() });
  return await Promise.all(UNREAD.map(async ([channel, messages]) => {
    const token = await mintToken(signingKey, {
      topics: [{ channel, name: TOPIC }],
    });
    const request = webSocketRequest(token);
    const horde = new Horde({ port, request, isAnswered: true });
    await horde.open(UNREAD_EACH);
    if (horde.size < UNREAD_EACH) {
      throw new Error(`Only ${horde.size} sockets that don't read were opened`);
    }
    await publisher.burst(channel, messages, MESSAGE);
    return horde;
  }));
}

function remarks(
  { code, ms }: Ending,
  { isShort, broker }: Trial,
  { verdict, state, size }: Outcome,
): Remarks {
  const { attempts, attemptSpreadMs, busiestSecond, busiestFirstSecond } =
    state;
  // The next gateway begins a new log, unless it opens the file of the last one.
  const expectedGaps = broker === "sqlite" ? 0 : size;
  return {
    note: `exit code ${code} after ${seconds(ms)}; ${attempts} ` +
      `attempts over ${seconds(attemptSpreadMs)}, ` +
      `${percent(busiestSecond)} in the busiest second, ` +
      `${percent(busiestFirstSecond)} of the first attempts`,
    breaches: [
      code !== 0 && `the exit code was ${code}`,
      ms > EXIT_MS && `it took ${Math.round(ms)} ms to end`,
      verdict.gapped > 0 &&
      `${verdict.gapped} acknowledged messages were not delivered before it ended`,
      verdict.gaps !== expectedGaps &&
      `${verdict.gaps} gaps at ${size} clients`,
      !isShort && busiestSecond > BUSIEST &&
      `${percent(busiestSecond)} of the attempts fell into one second`,
      !isShort && busiestFirstSecond > BUSIEST_FIRST &&
      `${
        percent(busiestFirstSecond)
      } of the first attempts fell into one second`,
      state.failures.length > 0 && `ended: ${state.failures}`,
    ],
  };
}

/** Opens subscriptions and starts a load; resolves when a part of the load is published. */
async function startLoad(
  arena: Arena,
  channels: readonly string[],
): Promise<{ started: number; publishing: Promise<void> }> {
  const { isShort } = arena.trial;
  await arena.open({ channels, count: isShort ? 12 : 50 });
  const started = performance.now();
  const publishing = arena.load({ rate: 200, seconds: isShort ? 1 : 12 });
  await arena.publisher.acknowledged(isShort ? 100 : 400);
  return { started, publishing };
}

/** The gateway drains while messages are published, and another one takes its place. */
export const drain: Fault = {
  number: "3",
  title: "SIGTERM under load",
  isLoud: false,
  run: (trial) =>
    Arena.run(trial, {}, async (arena) => {
      const load = await startLoad(arena, ["drain-a", "drain-b"]);
      // These sockets delay the end of the gateway.
      const unread = trial.isShort ? [] : await openUnread(arena);
      try {
        await arena.network({});
        const { gateway } = arena;
        const ending = await terminate(gateway, trial);
        await arena.startGateway(gateway.port);
        await load.publishing;
        return await arena.judge(
          drain,
          load.started,
          (outcome) => remarks(ending, trial, outcome),
        );
      } finally {
        for (const horde of unread) horde.close();
      }
    }),
};

/** A new gateway starts, clients move to it, and the old one drains. */
export const roll: Fault = {
  number: "26",
  title: "rolling upgrade, two gateways at once",
  isLoud: false,
  run: (trial) =>
    Arena.run(trial, {}, async (arena) => {
      const load = await startLoad(arena, ["roll-a", "roll-b"]);
      const old = arena.gateway;
      const next = await arena.startGateway();
      await arena.network({ upstream: next.port });
      const ending = await terminate(old, trial);
      await load.publishing;
      return await arena.judge(
        roll,
        load.started,
        (outcome) => remarks(ending, trial, outcome),
      );
    }),
};
