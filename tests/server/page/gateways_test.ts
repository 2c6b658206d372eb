import { assertEquals, assertMatch } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import type { Browser, Page } from "playwright-core";
import { RedisBroker } from "../../../server/brokers/redis.ts";
import { ADMIN_KEY } from "../../support/admin/admin.ts";
import { type RedisServer, startRedis } from "../../support/brokers/redis.ts";
import { launchChromium } from "../../support/browser/browser.ts";
import { PageUnderTest } from "../../support/browser/page.ts";
import { Cli } from "../../support/gateway/cli.ts";
import { SIGNING_KEY } from "../../support/gateway/gateway.ts";
import { chromiumPath, redisPath } from "../../support/requirements.ts";
import { publish } from "../../support/wire/publish.ts";
import { connectReady, tokenFor } from "../../support/wire/websocket.ts";

const executablePath = chromiumPath();
const canRun = executablePath !== undefined && redisPath() !== undefined;
const itWithBoth = canRun ? it : it.skip;

describe("the page with several gateways", () => {
  let redis: RedisServer;
  let browser: Browser;
  let site: PageUnderTest;
  let page: Page;

  beforeAll(async () => {
    if (!canRun) return;
    redis = await startRedis();
    browser = await launchChromium(executablePath);
    site = await PageUnderTest.start(browser, {
      dev: false,
      adminKey: ADMIN_KEY,
      broker: new RedisBroker({ url: redis.url }),
    });
    page = site.page;
  });

  afterAll(async () => {
    if (!canRun) return;
    await site[Symbol.asyncDispose]();
    await browser.close();
    await redis.kill();
  });

  itWithBoth("shows all of them, and names one that died", async () => {
    const args = ["--port", "0", "--broker", redis.url];
    args.push("--signing-key", SIGNING_KEY, "--admin-key", ADMIN_KEY);
    await using other = new Cli(args);
    const target = { url: await other.url(), signingKey: SIGNING_KEY };
    await page.goto(`${site.proxy.url}/admin#room=connections`);
    await page.fill("#key", ADMIN_KEY);
    await page.click("#key-form button");
    await site.shows("#gateways", "2 gateways");

    // A connection of the other gateway is there, and can be ended from here.
    const token = await tokenFor(target, ["user:1/ai"], { sub: "ann" });
    const { client } = await connectReady(target, { token });
    await site.shows("#connections-scroll .open", "ann");
    await page.click("#connections-scroll .open");
    await page.click("#drawer >> text=Disconnect …");
    await page.click("#drawer >> text=Disconnect it");
    assertEquals((await client.closed).code, 4403);
    await site.shows("#connections-empty", "No client is connected.");

    // So is a message that was published there.
    await site.enter("Publish and watch");
    await publish(target, "user:1/ai", "from the other one");
    await site.shows(".data", "from the other one");

    other.kill("SIGKILL");
    await other.finished;
    await site.enter("Channels");
    await site.shows("#gateways", "1 of 2 gateways doesn’t answer");
    await page.click("#gateways");
    await site.shows("#drawer td", "doesn’t answer");
    const rows = await page.locator("#drawer tbody tr").allTextContents();
    assertEquals(rows.length, 2);
    assertMatch(
      rows.find((row) => row.includes("doesn’t answer")) ?? "",
      /, process \d+/,
    );
  });
});
