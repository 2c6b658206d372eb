import { assertEquals, assertMatch } from "@std/assert";
import { beforeEach, it } from "@std/testing/bdd";
import type { Page } from "playwright-core";
import type { PageUnderTest } from "../../support/browser/page.ts";
import { describePage } from "../../support/browser/page_suite.ts";
import { SIGNING_KEY } from "../../support/gateway/gateway.ts";
import { until } from "../../support/until.ts";
import { publish } from "../../support/wire/publish.ts";
import { requestSse } from "../../support/wire/sse.ts";
import { connectReady, tokenFor } from "../../support/wire/websocket.ts";

const OTHER_KEY = `signkey-test-${"fedcba9876543210".repeat(4)}`;

describePage(
  "the room that says why a client sees nothing",
  () => ({ signingKey: SIGNING_KEY }),
  (current) => {
    let site: PageUnderTest;
    let page: Page;

    beforeEach(async () => {
      site = current();
      page = site.page;
      await site.open("#room=check");
    });

    /** Pastes a text, and returns the verdict and the sentences below it. */
    async function ask(text: string) {
      await page.fill("#check-client", text);
      // The answer before is hidden at once.
      await page.click("text=Find out");
      await page.waitForSelector("#check-answer:not([hidden])");
      const sentences = await page.locator("#check-details li > span")
        .allTextContents();
      return { verdict: await site.text("#check-verdict"), sentences };
    }

    it("a client that has everything", async () => {
      const token = await tokenFor(site.gateway, ["user:1/ai", "user:1/logs"], {
        sub: "ann",
      });
      await using client = (await connectReady(site.gateway, { token })).client;
      const id = await publish(site.gateway, "user:1/ai", "1");
      await client.find("data");
      const { verdict, sentences } = await ask(`Bearer ${token}`);
      assertMatch(
        verdict,
        new RegExp(`^It is connected and was sent everything.* is ${id}, `),
      );
      const [valid, expires, lasts, subject, grants, session, channel] =
        sentences;
      assertEquals(valid, "This token is valid here.");
      assertMatch(
        expires ?? "",
        /^It opens connections until .+, for another \d+ s\.$/,
      );
      assertMatch(
        lasts ?? "",
        /^A session of it lasts until .+, for another \d+ min\.$/,
      );
      assertEquals(subject, "It is for the subject ann.");
      assertEquals(grants, "It lets its client follow ai, logs on user:1.");
      assertMatch(
        session ?? "",
        new RegExp(
          `^Live: WebSocket from 127.0.0.1, opened .+ It has everything of ai, logs on user:1 up to ${id}\\.$`,
        ),
      );
      assertMatch(
        channel ?? "",
        new RegExp(
          `^user:1: 1 subscriber.+ Its newest message is ${id} on topic ai`,
        ),
      );
      // The token stands in no address.
      assertEquals(site.requests.filter((url) => url.includes(token)), []);

      // The subject finds the same session, and so does the answer of a token route.
      assertEquals(
        (await ask("ann")).verdict.split(",")[0],
        verdict.split(",")[0],
      );
      const route = JSON.stringify({ channel: "user:1", key: token });
      assertEquals(
        (await ask(route)).sentences[0],
        "This token is valid here.",
      );
      await page.click("#check-details >> text=Show it");
      await site.shows("#drawer-title", "ann");
      assertEquals(site.problems, []);
    });

    it("messages that go to another topic", async () => {
      const token = await tokenFor(site.gateway, ["user:1/ai"]);
      await using _ = (await connectReady(site.gateway, { token })).client;
      assertMatch(
        (await ask(token)).verdict,
        /^It is connected, but nothing was published on its channels/,
      );
      await publish(site.gateway, "user:1/AI", "1");
      assertEquals(
        (await ask(token)).verdict,
        "It is connected and has everything that it asked for. But the newest message on user:1 went to topic AI, and it follows only ai.",
      );
    });

    it("a token of another key, and an expired one", async () => {
      const foreign = await tokenFor(
        { ...site.gateway, signingKey: OTHER_KEY },
        ["user:1/ai"],
        { sub: "ann" },
      );
      const { verdict, sentences } = await ask(foreign);
      assertMatch(
        verdict,
        /^It sees nothing, because this gateway refuses its token: .*signature is wrong/,
      );
      assertMatch(
        sentences[1] ?? "",
        /^Its signature is not of this gateway’s/,
      );

      const expiry = Date.now() + 1_000;
      const expired = await tokenFor(site.gateway, ["user:1/ai"], {
        sub: "ben",
        expiresIn: 1,
      });
      await until(() => Date.now() > expiry);
      const refused = await requestSse(site.gateway, { token: expired });
      await refused.body?.cancel();
      assertEquals(refused.status, 401);
      const answer = await ask(expired);
      assertMatch(
        answer.verdict,
        /^It has no connection: it was refused .*expired/,
      );
      const refusal = answer.sentences.at(-1);
      assertMatch(
        refusal ?? "",
        /code 401: .*expired.* \(from 127\.0\.0\.1\)\.$/,
      );
      assertMatch((await ask("ben")).verdict, /it was refused .*expired/);
    });

    it("a client that never came", async () => {
      const token = await tokenFor(site.gateway, ["user:1/ai"]);
      assertMatch(
        (await ask(token)).verdict,
        /^The token is good, but no client has a connection with it/,
      );
      assertMatch(
        (await ask("zoe")).verdict,
        /^No connection has this subject/,
      );
      await page.fill("#check-client", "  ");
      await page.click("text=Find out");
      await site.shows("#check-error", "Paste a token or a subject");
      assertEquals(await page.isVisible("#check-answer"), false);
    });
  },
);
