import { assert, assertEquals } from "@std/assert";
import { it } from "@std/testing/bdd";
import { describeInChromium } from "./browser_suite.ts";

const HOOKS = ["useSubscription", "useRealtime", "useStream"] as const;

/** Pauses that are long enough for a test to see them. */
const options = { reconnectMin: "100ms", reconnectMax: "200ms" } as const;

describeInChromium("hooks without a gateway, in Chromium", {}, (suite) => {
  for (const hook of HOOKS) {
    it(`say why it can't be reached, warn once, and recover: ${hook}`, async () => {
      const { open, publish, proxy, gateway } = suite();
      const sentence =
        `Cannot reach the gateway at ${proxy.url}: nothing answers there; trying again`;
      proxy.cut();
      const { tab, channel } = await open({ hook, options });
      await using _ = tab;
      const shown = await tab.until(({ retryInMs }) => Boolean(retryInMs));
      assertEquals(shown.error, sentence);
      await tab.until(({ retryInMs, error }) => !retryInMs && Boolean(error));
      await tab.until(({ retryInMs }) => Boolean(retryInMs));
      const warnings = tab.problems.filter((text) => text.includes(sentence));
      assertEquals(warnings.length, 1);
      proxy.lead(gateway.url);
      const open1 = await tab.until(({ error }) => error === undefined);
      assertEquals(open1.retryInMs, null);
      await publish(channel, [1]);
    });
  }

  it("say the same after the subscription was open", async () => {
    const { open, proxy, gateway } = suite();
    const hook = "useSubscription";
    const { tab } = await open({ hook, options });
    await using _ = tab;
    await tab.until(({ status }) => status === "active");
    proxy.cut();
    const { status } = await tab.until(({ error }) => Boolean(error));
    assertEquals(status, "reconnecting");
    proxy.lead(gateway.url);
    const { error } = await tab.until(({ status }) => status === "active");
    assertEquals(error, undefined);
  });

  it("tell a server that is no gateway from none", async () => {
    const { open, proxy, gateway, site } = suite();
    proxy.lead(site.url);
    const { tab } = await open({ hook: "useSubscription", options });
    await using _ = tab;
    const { error } = await tab.until(({ error }) => Boolean(error));
    proxy.lead(gateway.url);
    assertEquals(
      error,
      `Cannot reach the gateway at ${proxy.url}: something answers there that is no gateway, or lets no page of this origin read its answer; trying again`,
    );
  });

  it("say that a token takes too long, and ask again", async () => {
    const { open } = suite();
    const { tab } = await open({ hook: "useRealtime", options });
    await using _ = tab;
    await tab.until(({ status }) => status === "open");
    await tab.page.evaluate(() => {
      const { timeout } = AbortSignal;
      AbortSignal.timeout = (ms) =>
        timeout.call(AbortSignal, ms === 30_000 ? 10 : ms);
    });
    // The app's route answers nothing.
    await tab.page.route("**/token?*", () => {});
    await tab.show({ channel: "another" });
    const { error } = await tab.until(({ retryInMs }) => Boolean(retryInMs));
    assertEquals(error, "Cannot get a token: it takes too long");
    await tab.page.unroute("**/token?*");
    await tab.until(({ error }) => error === undefined);
  });

  it("say that the device is offline", async () => {
    const { open, proxy } = suite();
    const { tab } = await open({ hook: "useSubscription", options });
    await using _ = tab;
    await tab.until(({ status }) => status === "active");
    proxy.cut();
    await tab.page.context().setOffline(true);
    const { error } = await tab.until(({ error }) =>
      Boolean(error?.includes("offline"))
    );
    await tab.page.context().setOffline(false);
    proxy.lead(suite().gateway.url);
    assert(error);
    await tab.until(({ status }) => status === "active");
  });
});

describeInChromium(
  "hooks on a page whose origin is not allowed, in Chromium",
  { allowedOrigins: ["https://app.example.com"] },
  (suite) => {
    it("say it with the gateway's own sentence", async () => {
      const { open, proxy, site } = suite();
      const { tab } = await open({ hook: "useSubscription", options });
      await using _ = tab;
      const { error } = await tab.until(({ error }) => Boolean(error));
      const { origin } = new URL(site.url);
      assertEquals(
        error,
        `Cannot reach the gateway at ${proxy.url}: HTTP 403, Cannot answer a page of "${origin}": its origin is not allowed; see --allowed-origins; trying again`,
      );
    });
  },
);
