import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { execFile } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { subscribe } from "../../core/subscribe/subscribe.ts";
import { takeData } from "../support/client/client.ts";
import { startGateway, type TestGateway } from "../support/gateway/gateway.ts";
import { inngestPythonPath } from "../support/requirements.ts";
import { ROOT } from "../support/root.ts";
import { otherSigningKey, uniqueName } from "./sdk.ts";

const SCRIPT = join(ROOT, "tests", "inngest", "python_sdk.py");

const python = inngestPythonPath();
const describeWithPython = python === undefined ? describe.skip : describe;

/** Runs the script with Python; resolves with its output. */
async function call(
  { url }: TestGateway,
  signingKey: string | undefined,
  ...args: string[]
): Promise<string> {
  // No other variable of the SDK's may be set.
  const { PATH = "" } = process.env;
  const env = {
    PATH,
    ...signingKey === undefined ? {} : { INNGEST_SIGNING_KEY: signingKey },
  };
  const command = [SCRIPT, url, ...args];
  const { stdout } = await promisify(execFile)(python ?? "", command, { env });
  return stdout;
}

describeWithPython("inngest 0.5 for Python", () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startGateway();
  });

  afterAll(() => gateway.close());

  /** Subscribes with each of Python's tokens, and checks that each gets what Python publishes. */
  async function delivers(target: TestGateway, key?: string): Promise<void> {
    const channel = uniqueName("user é+&%");
    const topics = ["ai news", "other"];
    const tokens = JSON.parse(
      await call(target, key, "token", channel, JSON.stringify(topics)),
    );
    assertEquals(tokens.length, 2);
    const subscriptions = [];
    for (const token of tokens) {
      assertEquals([token.channel, token.topics], [channel, topics]);
      // Python's tokens don't say where the gateway is.
      assertEquals(token.apiBaseUrl, undefined);
      const own = { ...token, apiBaseUrl: target.url };
      subscriptions.push(await subscribe(own));
    }
    const data = { text: "Grüße 👋", list: [1, null, { deep: true }] };
    await call(
      target,
      key,
      "publish",
      channel,
      "ai news",
      JSON.stringify(data),
    );
    for (const subscription of subscriptions) {
      assertEquals(await takeData(subscription, 2), [data, data]);
      await subscription.close();
    }
  }

  it("publishes, and mints tokens with which the module subscribes", async () => {
    await delivers(gateway, gateway.signingKey);
  });

  it("needs no key in development mode", async () => {
    await using own = await startGateway({ dev: true });
    await delivers(own);
  });

  it("raises an error for another signing key", async () => {
    const channel = uniqueName("user");
    for (
      const args of [
        ["token", channel, '["ai"]'],
        ["publish", channel, "ai", "{}"],
      ]
    ) {
      const { stderr } = Object(
        await assertRejects(() => call(gateway, otherSigningKey(), ...args)),
      );
      assertMatch(stderr, /401 .*without the signing key/);
    }
  });
});
