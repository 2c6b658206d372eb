import { assert, assertEquals } from "@std/assert";
import { beforeEach, describe, it } from "@std/testing/bdd";
import type { Page } from "playwright-core";
import { ADMIN_KEY } from "../../support/admin/admin.ts";
import type { PageUnderTest } from "../../support/browser/page.ts";
import { describePage } from "../../support/browser/page_suite.ts";
import { SIGNING_KEY, startGateway } from "../../support/gateway/gateway.ts";
import { publish } from "../../support/wire/publish.ts";
import { connectReady, tokenFor } from "../../support/wire/websocket.ts";

describe("the page of operators over HTTP", () => {
  async function statuses(options: Parameters<typeof startGateway>[0]) {
    await using gateway = await startGateway(options);
    const found: Record<string, number> = {};
    for (const path of ["/", "/admin", "/admin/", "/page/main.js"]) {
      const response = await fetch(gateway.url + path);
      await response.body?.cancel();
      found[path] = response.status;
      if (path === "/admin" && response.status === 200) {
        const policy = response.headers.get("content-security-policy") ?? "";
        assert(policy.startsWith("default-src 'none'"), policy);
        assert(policy.includes("require-trusted-types-for 'script'"), policy);
      }
    }
    return found;
  }

  it("exists where there is an admin key, with the headers of the development page", async () => {
    assertEquals(await statuses({ adminKey: ADMIN_KEY }), {
      "/": 404,
      "/admin": 200,
      "/admin/": 404,
      "/page/main.js": 200,
    });
    assertEquals(await statuses({}), {
      "/": 404,
      "/admin": 404,
      "/admin/": 404,
      "/page/main.js": 404,
    });
    assertEquals(await statuses({ dev: true }), {
      "/": 200,
      "/admin": 404,
      "/admin/": 404,
      "/page/main.js": 200,
    });
  });
});

describePage(
  "the page of operators in Chromium",
  () => ({ dev: false, adminKey: ADMIN_KEY }),
  (current) => {
    let site: PageUnderTest;
    let page: Page;
    /** The `authorization` of each request to the admin API. */
    let keys: Array<string | undefined>;

    beforeEach(async () => {
      site = current();
      page = site.page;
      keys = [];
      page.on("request", (request) => {
        if (request.url().includes("/v1/admin/")) {
          keys.push(request.headers().authorization);
        }
      });
      await page.goto(`${site.proxy.url}/admin`);
    });

    async function enterKey(key: string): Promise<void> {
      await page.fill("#key", key);
      await page.click("#key-form button");
    }

    it("asks for the admin key, and takes no other", async () => {
      await page.waitForSelector("#key-form:not([hidden])");
      assertEquals(await page.isVisible("#rooms"), false);
      assertEquals(await page.locator(".room:visible").count(), 0);
      for (const key of [SIGNING_KEY, "wrong", "ключ"]) {
        await enterKey(key);
        await site.shows("#key-error", "not");
        assertEquals(await page.isVisible("#rooms"), false);
      }
      await enterKey("");
      await site.shows("#key-error", "Enter the admin key.");
      await enterKey(ADMIN_KEY);
      await site.shows("#channels-empty", "No channel is in use.");
      assertEquals(await page.isVisible("#key-form"), false);
      // Refused answers are on the console, and nothing else.
      assertEquals(site.problems.filter((text) => !text.includes("401")), []);
    });

    it(
      "keeps the key for its tab, in headers only",
      async () => {
        await enterKey(ADMIN_KEY);
        await site.shows("#channels-empty", "No channel is in use.");
        await page.reload();
        await site.shows("#channels-empty", "No channel is in use.");
        assertEquals(keys[0], undefined);
        assert(keys.length > 2);
        assertEquals(new Set(keys.slice(1)), new Set([`Bearer ${ADMIN_KEY}`]));
        assertEquals(
          site.requests.filter((url) => url.includes("an-admin")),
          [],
        );
        assertEquals(page.url(), `${site.proxy.url}/admin`);
        assertEquals(
          await page.evaluate("localStorage.length + document.cookie.length"),
          0,
        );
        await page.click("#forget-key");
        await page.waitForSelector("#key-form:not([hidden])");
        assertEquals(await page.evaluate("sessionStorage.length"), 0);
      },
    );

    it(
      "shows connections and messages, and leaves publishing to the signing key",
      async () => {
        await enterKey(ADMIN_KEY);
        const token = await tokenFor(site.gateway, ["user:1/ai"], {
          sub: "ann",
        });
        const { client } = await connectReady(site.gateway, { token });
        await site.enter("Connections");
        await site.shows("#connections-scroll .open", "ann");
        await site.enter("Publish and watch");
        await publish(site.gateway, "user:1/ai", "<b>1</b>");
        await site.shows(".data", "<b>1</b>");
        assertEquals(await page.isVisible("#publish"), false);
        assertEquals(await page.isVisible("#publish-elsewhere"), true);
        const command = await page.textContent("#publish-code") ?? "";
        assert(command.includes("$REALTIME_SIGNING_KEY"), command);

        // One channel is a part of the same feed: operators have no token.
        await page.check("#watch-one");
        await page.fill("#channel", "user:1");
        await page.fill("#topics", "ai");
        await page.press("#topics", "Enter");
        await site.shows(".note", "Watching hello, ai on user:1");
        await publish(site.gateway, "user:2/ai", "2");
        await publish(site.gateway, "user:1/ai", "3");
        await site.shows(".data", "3");
        assertEquals(await site.list(), ["3"]);
        await client.close();
      },
    );

    it(
      "asks again when the gateway has another key after a restart",
      async () => {
        await enterKey(ADMIN_KEY);
        await site.shows("#channels-empty", "No channel is in use.");
        await site.gateway.close();
        site.proxy.cut();
        const adminKey = `${ADMIN_KEY}-new`;
        site.gateway = await startGateway({ adminKey });
        site.proxy.lead(site.gateway.url);
        await site.shows("#key-error", "doesn’t accept this key any more");
        await enterKey(adminKey);
        await site.state("live");
        assertEquals(await page.isVisible("#channels-room"), true);
      },
    );
  },
);
