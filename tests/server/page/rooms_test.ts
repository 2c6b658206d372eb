import { assert, assertEquals, assertMatch } from "@std/assert";
import { beforeEach, it } from "@std/testing/bdd";
import type { Page } from "playwright-core";
import type { PageUnderTest } from "../../support/browser/page.ts";
import { describePage } from "../../support/browser/page_suite.ts";
import { SIGNING_KEY } from "../../support/gateway/gateway.ts";
import { until } from "../../support/until.ts";
import { publish, publishAll } from "../../support/wire/publish.ts";
import { requestSse } from "../../support/wire/sse.ts";
import { connectReady, tokenFor } from "../../support/wire/websocket.ts";

/** A name that would run code if it became markup. */
const EVIL = "<img src=x onerror=alert(1)>";

describePage(
  "the rooms of the page",
  () => ({ signingKey: SIGNING_KEY }),
  (current) => {
    let site: PageUnderTest;
    let page: Page;

    beforeEach(() => {
      site = current();
      page = site.page;
    });

    async function connect(topics: string[], sub?: string) {
      const token = await tokenFor(site.gateway, topics, { sub });
      return (await connectReady(site.gateway, { token })).client;
    }

    it(
      "show on a first visit what is published anywhere",
      async () => {
        await site.open("");
        assertEquals(await page.isChecked("#watch-all"), true);
        const { host } = new URL(site.proxy.url);
        assertEquals(
          await site.text("#watch-code"),
          `curl -N http://${host}/v1/admin/messages`,
        );
        await publish(site.gateway, "answers:ann/word", "Hello");
        await publish(site.gateway, "orders/new", { n: 1 });
        await site.shows("#count", "2 messages");
        assertEquals(await site.list(), ["Hello", '{"n":1}']);
        assertEquals(
          await page.locator(".row .channel:visible").allTextContents(),
          ["orders", "answers:ann"],
        );
        // Messages that the page publishes show too, with their latency.
        await page.fill("#publish-channel", "mine");
        await page.click("#publish-one");
        await site.shows("#publish-result", "here after");
        await site.shows(".row .channel", "mine");
        // With one channel chosen, the list is a subscription.
        await page.check("#watch-one");
        await site.shows(".note", "Watching hello on demo");
        assertEquals(new URL(page.url()).hash, "#channel=demo&topic=hello");
        await page.check("#watch-all");
        await site.shows(".note", "Watching all channels");
        assertEquals(site.problems, []);
      },
    );

    it(
      "show that the feed of all channels came back, and what it can't know",
      async () => {
        await site.open("");
        site.proxy.cut();
        await site.state("waiting");
        site.proxy.lead(site.gateway.url);
        await page.evaluate('document.querySelector("#retry")?.click()');
        await site.shows(".note", "what was published meanwhile doesn’t show");
        await publish(site.gateway, "demo/hello", "again");
        await site.shows(".data", "again");
      },
    );

    it(
      "list channels with what they are used for, as it changes",
      async () => {
        await site.open("#room=channels");
        await site.shows("#channels-empty", "No channel is in use.");
        const ann = await connect(["user:1/ai", "user:1/logs"], "ann");
        await site.shows("#channels-count", "1 channel");
        const ben = await connect([`${EVIL}/t`], "ben");
        const [id] = await publishAll(site.gateway, "user:1/ai", ["1", "2"]);
        assert(id);
        await site.shows("#channels-scroll td", "2 / ");
        const rows = await site.rows("channels");
        const [name, topics, subscribers, rate, last, log] = rows[0] ?? [];
        assertEquals([name, topics, subscribers], ["user:1", "ai, logs", "1"]);
        assertMatch(rate ?? "", /^0\.[12]\/s$/);
        assertMatch(last ?? "", /^(now|\d s ago)$/);
        assertMatch(log ?? "", /^2 \/ [\d.]+ (B|KiB)$/);
        assertEquals(rows[1]?.[0], EVIL);

        await page.click("#channels-scroll .sort >> text=Channel");
        await page.waitForSelector('th[aria-sort="ascending"]');
        await site.holds(
          `document.querySelector("#channels-scroll .open").textContent === ${
            JSON.stringify(EVIL)
          }`,
        );
        await page.fill("#channels-search", "USER");
        await site.shows("#channels-count", "1 channel found");
        assertEquals((await site.rows("channels")).map(([name]) => name), [
          "user:1",
        ]);
        await page.fill("#channels-search", "nowhere");
        await site.shows("#channels-no-match", "No channel’s name");
        await page.fill("#channels-search", "");

        await page.click("#channels-scroll .open >> text=user:1");
        await site.shows("#drawer dd", `on topic ai, `);
        const topicRows = page.locator("#drawer tbody tr");
        assertEquals(await topicRows.allTextContents(), ["ai1", "logs1"]);
        await ann.close();
        await page.click("#drawer >> text=Its connections");
        await site.shows(
          "#connections-no-match",
          "No connection matches",
        );
        assertEquals(await page.inputValue("#connections-channel"), "user:1");
        assertEquals(await page.locator("img:not(header img)").count(), 0);
        assertEquals(site.problems, []);
        await ben.close();
      },
    );

    it(
      "list connections, and disconnect one after a second press",
      async () => {
        await site.open("#room=connections");
        await site.shows("#connections-empty", "No client is connected.");
        const ann = await connect(["user:1/ai", "news/all"], "ann");
        await site.shows("#connections-count", "1 connection");
        const ben = await connect(["news/all"], EVIL);
        await site.shows("#connections-count", "2 connections");
        const rows = await site.rows("connections");
        assertEquals(rows.map((row) => row.slice(0, 6)), [
          [EVIL, "Live", "news", "WebSocket", "–", "–"],
          ["ann", "Live", "user:1, news", "WebSocket", "–", "–"],
        ]);

        await page.fill("#connections-subject", "ann");
        await site.shows("#connections-count", "1 connection found");
        await page.click("#connections-scroll .open");
        await site.shows("#drawer dd", "127.0.0.1");
        await publish(site.gateway, "news/all", "1");
        await site.shows("#drawer tbody tr", "newsall");
        await page.click("#drawer >> text=Disconnect …");
        await site.shows(".confirm", "Disconnect ann?");
        await page.click("#drawer >> text=Keep it");
        await page.click("#drawer >> text=Disconnect …");
        await page.click("#drawer >> text=Disconnect it");
        assertEquals((await ann.closed).code, 4403);
        await site.shows("#connections-no-match", "No connection matches");
        await page.fill("#connections-subject", "");
        await site.shows("#connections-count", "1 connection");
        await ben.close();
        await site.shows("#connections-empty", "No client is connected.");
        assertEquals(await page.locator("img:not(header img)").count(), 0);
        assertEquals(site.problems, []);
      },
    );

    it(
      "show events while they happen, filtered and paused",
      async () => {
        await site.open("#room=events");
        await site.shows("#events-empty", "Nothing has happened");
        const ann = await connect(["user:1/ai"], "ann");
        const refused = await requestSse(site.gateway, { token: EVIL });
        assertEquals(refused.status, 401);
        await refused.body?.cancel();
        await ann.close();
        await site.shows(
          "#events-scroll .open ~ *, #events-scroll td",
          "closed",
        );
        await site.shows("#events-count", "4 events");
        const events = (await site.rows("events")).map(([, event]) => event);
        assertEquals(events.toSorted(), [
          "closed",
          "connected",
          "refused",
          "subscribed",
        ]);
        await site.shows("#events-scroll td", "with 401: Cannot use the token");

        await page.selectOption("#events-kind", "subscribed");
        await site.shows("#events-count", "1 of 4 events");
        assertMatch(
          (await site.rows("events"))[0]?.[2] ?? "",
          /^to ai on user:1, after \w+-0$/,
        );
        await page.click("#events-scroll .open");
        await site.shows("#drawer dd", "ann");
        await page.keyboard.press("Escape");
        await page.selectOption("#events-kind", "");
        await page.fill("#events-search", "jwt");
        await site.shows("#events-count", "1 of 4 events");
        await page.fill("#events-search", "");

        await page.click("#events-pause");
        const ben = await connect(["user:2/ai"], "ben");
        await site.shows("#events-pause", "Resume (2 new)");
        await site.shows("#events-count", "4 events");
        // Other rooms don't stop the events.
        await site.enter("Channels");
        await ben.close();
        await site.enter("Events");
        await site.shows("#events-pause", "Resume (3 new)");
        await page.click("#events-pause");
        await site.shows("#events-count", "7 events");
        await page.click("#events-room >> text=Clear");
        await site.shows("#events-empty", "Nothing has happened");
        assertEquals(site.problems, []);
      },
    );

    it(
      "keep the events in view while new ones come above them",
      async () => {
        await site.open("#room=events");
        for (let n = 0; n < 15; n++) {
          const client = await connect(["user:1/ai"], `u${n}`);
          await client.close();
        }
        await site.shows("#events-count", "45 events");
        const scroll = 'document.querySelector("#events-scroll")';
        await page.evaluate(`${scroll}.scrollTop = 400`);
        const client = await connect(["user:1/ai"], "later");
        await site.shows("#events-count", "47 events");
        assertEquals(await page.evaluate(`${scroll}.scrollTop`), 400 + 2 * 38);
        await page.evaluate(`${scroll}.scrollTop = 0`);
        await client.close();
        await site.shows("#events-count", "48 events");
        assertEquals(await page.evaluate(`${scroll}.scrollTop`), 0);
      },
    );

    it("fit a phone, with messages above the forms", async () => {
      await page.setViewportSize({ width: 375, height: 740 });
      await site.open("");
      const client = await connect([`${"x".repeat(200)}/t`], "y".repeat(200));
      await publish(site.gateway, `${"x".repeat(200)}/t`, "z".repeat(2_000));
      await site.shows("#count", "1 message");
      const top = (selector: string) =>
        page.$eval(selector, (element) => element.getBoundingClientRect().top);
      const tops = [
        await top(".feed"),
        await top(".watch"),
        await top(".publish"),
      ];
      assertEquals(tops, tops.toSorted((a, b) => a - b));
      for (
        const room of [
          "Publish and watch",
          "Channels",
          "Connections",
          "Events",
          "Check a client",
        ]
      ) {
        await site.enter(room);
        const excess = await page.$eval(
          "html",
          (html) => html.scrollWidth - html.clientWidth,
        );
        assertEquals(excess, 0, room);
      }
      await page.fill("#check-client", "y".repeat(200));
      await page.click("text=Find out");
      await page.click("#check-details >> text=Show it");
      await site.shows("#drawer td", "xxx");
      const excess = await page.$eval(
        "#drawer",
        (drawer) => drawer.scrollWidth - drawer.clientWidth,
      );
      assertEquals(excess, 0);
      await client.close();
    });

    it(
      "ask only while they are shown, and say when the gateway doesn't answer",
      async () => {
        await page.clock.install();
        await site.open("#room=channels");
        await site.shows("#channels-empty", "No channel is in use.");
        const asked = () =>
          site.requests.filter((url) => url.includes("/v1/admin/channels"));
        const first = asked().length;
        await page.clock.runFor(10_000);
        assert(asked().length > first);
        await site.enter("Check a client");
        const before = asked().length;
        await page.clock.runFor(60_000);
        assertEquals(asked().length, before);
        await site.enter("Channels");
        site.proxy.cut();
        await site.state("waiting");
        await site.shows("#problem", "doesn’t answer");
        // From here on the page asks again only if somebody clicks.
        await page.clock.pauseAt(Date.now() + 3_600_000);
        const failed = asked().length;
        await page.click("#retry");
        await until(() => asked().length > failed);
        site.proxy.lead(site.gateway.url);
        await page.clock.runFor(10_000);
        await site.state("live");
        assertEquals(await page.isVisible("#problem"), false);
      },
    );
  },
);
