import { freePort, startRedis } from "../support/brokers/redis.ts";
import { closedUrl } from "../support/gateway/local_server.ts";
import { startPlainProxy } from "../support/gateway/plain_proxy.ts";
import { startProxy } from "../support/gateway/proxy.ts";
import { payloadOf, sign } from "../support/wire/tokens.ts";
import {
  attempt,
  type BrokenSetUp,
  impatientApp,
  type LoggingGateway,
  setUpOf,
  startLoggingGateway,
  tokenAt,
  tryToPublish,
} from "./broken_set_up.ts";
import { openForeignPage } from "./foreign_page.ts";

/** Breaks something around a gateway that is well. */
export type BuildSetUp = (gateway: LoggingGateway) => Promise<BrokenSetUp>;

/** A signing key that no gateway of the set-ups has. */
const OTHER_KEY = `signkey-test-${"fedcba9876543210".repeat(4)}`;

/** More than the buffers hold between a gateway and a client that reads nothing. */
const FLOOD = { messages: 40, data: "x".repeat(400 * 1024) } as const;

async function wrongPort(gateway: LoggingGateway): Promise<BrokenSetUp> {
  const url = await closedUrl();
  const client = attempt(await tokenAt({ ...gateway, url }));
  await tryToPublish(impatientApp(url), client.developer);
  // The operator compares it with the first line of the log.
  const operator = { text: () => gateway.cli.output };
  return setUpOf({ ...client, operator }, [client]);
}

async function wrongKey(gateway: LoggingGateway): Promise<BrokenSetUp> {
  const operator = gateway.log();
  const { url } = gateway;
  const client = attempt(() => tokenAt({ url, signingKey: OTHER_KEY }));
  await tryToPublish(impatientApp(url, OTHER_KEY), client.developer);
  return setUpOf({ ...client, operator }, [client]);
}

async function wrongOrigin(gateway: LoggingGateway): Promise<BrokenSetUp> {
  const operator = gateway.log();
  const page = await openForeignPage(await tokenAt(gateway));
  return setUpOf({ developer: page.console, operator }, [page]);
}

async function expiredToken(gateway: LoggingGateway): Promise<BrokenSetUp> {
  const operator = gateway.log();
  const now = Math.floor(Date.now() / 1000);
  const times = { iat: now - 100, exp: now - 40, sexp: now - 40 };
  const key = await sign(gateway, { ...payloadOf(["orders/paid"]), ...times });
  const client = attempt({ ...await tokenAt(gateway), key });
  return setUpOf({ ...client, operator }, [client]);
}

async function wrongTopic(gateway: LoggingGateway): Promise<BrokenSetUp> {
  const operator = gateway.log();
  const client = attempt({ ...await tokenAt(gateway), topics: ["refunded"] });
  return setUpOf({ ...client, operator }, [client]);
}

async function noRedis(): Promise<BrokenSetUp> {
  const broker = `redis://127.0.0.1:${await freePort()}`;
  const gateway = await startLoggingGateway(["--broker", broker]);
  const client = attempt(await tokenAt(gateway));
  await tryToPublish(impatientApp(gateway.url), client.developer);
  // It is said before the line with the URL.
  const operator = { text: () => gateway.cli.output };
  return setUpOf({ ...client, operator }, [gateway, client]);
}

async function fullRedis(): Promise<BrokenSetUp> {
  const full = ["--maxmemory", "1", "--maxmemory-policy", "noeviction"];
  const redis = await startRedis(full);
  const gateway = await startLoggingGateway(["--broker", redis.url]);
  const client = attempt(await tokenAt(gateway));
  await tryToPublish(impatientApp(gateway.url), client.developer);
  const operator = { text: () => gateway.cli.output };
  return setUpOf({ ...client, operator }, [redis, gateway, client]);
}

async function slowClient(gateway: LoggingGateway): Promise<BrokenSetUp> {
  const operator = gateway.log();
  const proxy = await startProxy(gateway.url);
  const token = { ...await tokenAt(gateway), apiBaseUrl: proxy.url };
  // An app that reads: only its network is slow.
  const client = attempt(token, { onMessage() {} });
  await client.opened;
  proxy.hold();
  const app = impatientApp(gateway.url);
  for (let i = 0; i < FLOOD.messages; i++) {
    await tryToPublish(app, client.developer, FLOOD.data);
  }
  proxy.release();
  return setUpOf({ ...client, operator }, [proxy, client]);
}

async function draining(): Promise<BrokenSetUp> {
  const gateway = await startLoggingGateway();
  const operator = gateway.log();
  const client = attempt(await tokenAt(gateway));
  await client.opened;
  gateway.cli.kill("SIGTERM");
  return setUpOf({ ...client, operator }, [gateway, client]);
}

async function noUpgrade(gateway: LoggingGateway): Promise<BrokenSetUp> {
  const operator = gateway.log();
  const proxy = await startPlainProxy(gateway.url);
  const token = { ...await tokenAt(gateway), apiBaseUrl: proxy.url };
  const client = attempt(token);
  return setUpOf({ ...client, operator }, [proxy, client]);
}

/** The set-ups, by the names that the document gives them. */
export const SET_UPS: Readonly<Record<string, BuildSetUp>> = {
  "wrong port": wrongPort,
  "wrong key": wrongKey,
  "wrong origin": wrongOrigin,
  "expired token": expiredToken,
  "wrong topic": wrongTopic,
  "no Redis": noRedis,
  "full Redis": fullRedis,
  "slow client": slowClient,
  "draining": draining,
  "proxy without upgrade": noUpgrade,
};
