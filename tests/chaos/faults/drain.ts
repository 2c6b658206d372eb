import { mintToken } from "../../../core/protocol/mint_token.ts";
import { Arena, type Outcome, type Remarks } from "../arena.ts";
import type { Fault, Trial } from "../fault.ts";
import type { GatewayProcess } from "../gateway_process.ts";
import { Horde, webSocketRequest } from "../horde.ts";
import { Ledger } from "../ledger.ts";
import { Publisher, TOPIC } from "../publisher.ts";

/** How long a gateway may take to end after it was asked to. */
const EXIT_MS = 30_000;

/**
 * The share of clients that may first come back within one second: they are told moments spread over ten, so that it
 * happens by chance once in a million.
 */
const BUSIEST_FIRST = 0.4;

/** The share of all attempts to come back that may fall into one second, however often somebody has to try. */
const BUSIEST = 0.5;

/** Characters of a message to those that don't read. */
const MESSAGE = 32_000;

/** Channels of those that don't read, and how many messages they get: more than a queue holds, and less. */
const UNREAD = [["unread-over", 200], ["unread-under", 20]] as const;

/** How a gateway ended that was asked to. */
interface Ending {
  readonly code: number | null;
  readonly ms: number;
}

/** A short trial is of the signal after which clients come back at once. */
async function terminate(
  gateway: GatewayProcess,
  { isShort }: Trial,
): Promise<Ending> {
  const start = performance.now();
  gateway.kill(isShort ? "SIGINT" : "SIGTERM");
  const { code } = await gateway.exited;
  return { code, ms: performance.now() - start };
}

/** Opens sockets that are not read, with more for them than is taken: some are given up on already, some not yet. */
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
    await horde.open(5);
    await publisher.burst(channel, messages, MESSAGE);
    return horde;
  }));
}

function remarks(
  { code, ms }: Ending,
  { isShort }: Trial,
  { verdict, state, size }: Outcome,
): Remarks {
  const { attempts, attemptSpreadMs, busiestSecond, busiestFirstSecond } =
    state;
  return {
    note: `exit ${code} after ${(ms / 1000).toFixed(1)} s; ${attempts} ` +
      `attempts over ${(attemptSpreadMs / 1000).toFixed(1)} s, ` +
      `${percent(busiestSecond)} in the busiest, ` +
      `${percent(busiestFirstSecond)} of the first ones`,
    breaches: [
      code !== 0 && `the exit code was ${code}`,
      ms > EXIT_MS && `it took ${Math.round(ms)} ms to end`,
      verdict.gapped > 0 &&
      `${verdict.gapped} acknowledged messages were not delivered before it ended`,
      verdict.gaps !== size && `${verdict.gaps} gaps at ${size} clients`,
      !isShort && busiestSecond > BUSIEST &&
      `${percent(busiestSecond)} of the attempts fell into one second`,
      !isShort && busiestFirstSecond > BUSIEST_FIRST &&
      `${percent(busiestFirstSecond)} first came back within a second`,
      state.failures.length > 0 && `ended: ${state.failures}`,
    ],
  };
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}

/** The gateway is asked to end while messages are published, and another takes its place. */
export const drain: Fault = {
  number: "3",
  title: "SIGTERM under load",
  isLoud: false,
  run: (trial) =>
    Arena.run(trial, {}, async (arena) => {
      await arena.open({
        channels: ["drain-a", "drain-b"],
        count: trial.isShort ? 12 : 50,
      });
      const started = performance.now();
      const publishing = arena.load({
        rate: 200,
        seconds: trial.isShort ? 1 : 12,
      });
      await arena.publisher.acknowledged(trial.isShort ? 100 : 400);
      // They hold up the end until their time is over.
      const unread = trial.isShort ? [] : await openUnread(arena);
      try {
        await arena.network({});
        const { gateway } = arena;
        const ending = await terminate(gateway, trial);
        await arena.startGateway(gateway.port);
        await publishing;
        return await arena.judge(
          drain,
          started,
          (outcome) => remarks(ending, trial, outcome),
        );
      } finally {
        for (const horde of unread) horde.close();
      }
    }),
};

/** A new gateway is started, gets what is new, and the old one is asked to end. */
export const roll: Fault = {
  number: "26",
  title: "rolling upgrade, two gateways at once",
  isLoud: false,
  run: (trial) =>
    Arena.run(trial, {}, async (arena) => {
      await arena.open({
        channels: ["roll-a", "roll-b"],
        count: trial.isShort ? 12 : 50,
      });
      const started = performance.now();
      const publishing = arena.load({
        rate: 200,
        seconds: trial.isShort ? 1 : 12,
      });
      await arena.publisher.acknowledged(trial.isShort ? 100 : 400);
      const old = arena.gateway;
      const next = await arena.startGateway();
      await arena.network({ upstream: next.port });
      const ending = await terminate(old, trial);
      await publishing;
      return await arena.judge(
        roll,
        started,
        (outcome) => remarks(ending, trial, outcome),
      );
    }),
};
