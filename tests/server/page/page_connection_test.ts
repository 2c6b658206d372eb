import { assertEquals, assertMatch } from "@std/assert";
import { beforeEach, it } from "@std/testing/bdd";
import type { Page } from "playwright-core";
import { MemoryBroker } from "../../../server/mod.ts";
import { startGateway } from "../../support/gateway/gateway.ts";
import type { PageUnderTest } from "../../support/browser/page.ts";
import { describePage } from "../../support/browser/page_suite.ts";
import { batch, publish, publishAll } from "../../support/wire/publish.ts";

/** The channel and topic that the page watches. */
const HELLO = "demo/hello";

describePage("the connection of the page", () => ({
  broker: new MemoryBroker({ historySize: 3 }),
}), (current) => {
  let site: PageUnderTest;
  let page: Page;

  beforeEach(() => {
    site = current();
    page = site.page;
  });

  it(
    "resumes after a lost connection, with every message once",
    async () => {
      await site.open();
      await publish(site.gateway, HELLO, "1");
      await site.shows("#count", "1 message");
      site.proxy.cut();
      await site.state("waiting");
      await site.shows(".note.bad", "Not connected: the connection broke off");
      await page.click("#publish-one");
      await site.shows(
        "#publish-result",
        `${new URL(site.proxy.url).host} doesn’t answer`,
      );
      await publish(site.gateway, HELLO, "2");
      site.proxy.lead(site.gateway.url);
      // The button is gone if the page has connected by itself meanwhile.
      await page.evaluate('document.querySelector("#retry")?.click()');
      await site.state("live");
      await publish(site.gateway, HELLO, "3");
      await site.shows("#count", "3 messages");
      assertEquals(await site.list(), ["1", "2", "3"]);
      assertMatch(
        await site.text(".note.good"),
        /Connected again after [\d.]+ m?s: nothing is missing$/,
      );
      assertEquals(await page.locator(".note.bad").count(), 1);
    },
  );

  it(
    "reconnects to a restarted gateway, and shows which messages are lost",
    async () => {
      await site.open();
      const last = await publish(site.gateway, HELLO, "1");
      await site.shows("#count", "1 message");
      await site.gateway.close();
      site.proxy.cut();
      await site.state("waiting");
      site.gateway = await startGateway({ dev: true });
      const first = await publish(site.gateway, HELLO, "2");
      site.proxy.lead(site.gateway.url);
      await site.state("live");
      await site.shows("#count", "2 messages");
      assertEquals(await site.list(), ["1", "2"]);
      await site.shows(
        ".note.bad",
        `Gap: the log that had ${last} was lost; what follows begins with ${first}`,
      );
      assertEquals(
        await page.locator(".note.good", { hasText: "missing" }).count(),
        0,
      );
    },
  );

  it(
    "shows which messages the log had lost, also in an open data stream",
    async () => {
      await site.open();
      const line = { channel: "demo", topic: "hello", stream_id: "s1" };
      await batch(site.gateway, [
        { ...line, kind: "datastream-start", data: "s1" },
        { ...line, kind: "chunk", data: "Good" },
      ]);
      await site.shows(".stream", "Good");
      site.proxy.cut();
      await site.state("waiting");
      await batch(site.gateway, [{ ...line, kind: "chunk", data: "lost" }]);
      const ids = await publishAll(site.gateway, HELLO, ["lost", "1", "2"]);
      await batch(site.gateway, [
        { ...line, kind: "datastream-end", data: "s1" },
      ]);
      site.proxy.lead(site.gateway.url);
      await site.state("live");
      await site.shows('.stream[data-state="incomplete"]', "Good");
      assertEquals(await site.list(), ["Good", "1", "2"]);
      const [epoch] = (ids[0] ?? "").split("-");
      await site.shows(
        ".note.bad",
        `Gap: the 2 after ${epoch}-2 and before ${epoch}-5 can’t be delivered any more`,
      );
      await site.shows(".facts.bad", "1 chunk, incomplete");
    },
  );

  it(
    "continues from its position when a topic is added",
    async () => {
      await site.open();
      await publish(site.gateway, HELLO, "1");
      await site.shows("#count", "1 message");
      await page.fill("#topics", "more");
      await page.press("#topics", "Enter");
      await site.shows(".note", "Watching hello, more on demo");
      await publish(site.gateway, "demo/more", "2");
      await site.shows("#count", "2 messages");
      assertEquals(await site.list(), ["1", "2"]);
      // For another channel, the list starts empty.
      await page.fill("#channel", "other");
      await page.press("#channel", "Enter");
      await site.shows(".note", "Watching hello, more on other");
      assertEquals(await site.list(), []);
    },
  );
});
