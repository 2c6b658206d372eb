import { afterAll, beforeAll, describe } from "@std/testing/bdd";
import type { Browser } from "playwright-core";
import { createRealtime } from "../../core/app/create_realtime.ts";
import type { RealtimeApp } from "../../core/types/realtime.ts";
import type { GatewayOptions } from "../../server/mod.ts";
import { uniqueName } from "../inngest/sdk.ts";
import { launchChromium } from "../support/browser/browser.ts";
import { startGateway, type TestGateway } from "../support/gateway/gateway.ts";
import { type Proxy, startProxy } from "../support/gateway/proxy.ts";
import { chromiumPath } from "../support/requirements.ts";
import type { Scenario } from "./scenario.ts";
import { type Site, startSite } from "./site.ts";
import { openTab, type Tab } from "./tab.ts";

/** The parts that the tests in a browser use. */
export interface BrowserSuite {
  readonly browser: Browser;
  readonly gateway: TestGateway;
  /** The proxy between the pages and the gateway. */
  readonly proxy: Proxy;
  readonly site: Site;
  readonly realtime: RealtimeApp;
  /** Opens a page that subscribes to the topic "ai" of a channel of its own. */
  open(scenario: Partial<Scenario> & Pick<Scenario, "hook">): Promise<
    { readonly tab: Tab; readonly channel: string }
  >;
  /** Publishes one message after the other. */
  publish(channel: string, data: readonly unknown[]): Promise<void>;
}

const executablePath = chromiumPath();
const withChromium = executablePath === undefined ? describe.skip : describe;

/** Describes tests that need Chromium; without it each of them is skipped. */
export function describeInChromium(
  name: string,
  options: Partial<GatewayOptions>,
  tests: (suite: () => BrowserSuite) => void,
): void {
  withChromium(name, () => {
    let suite: BrowserSuite;
    let close: () => Promise<void>;

    beforeAll(async () => {
      if (executablePath === undefined) return;
      const gateway = await startGateway(options);
      const proxy = await startProxy(gateway.url);
      const { signingKey } = gateway;
      const site = await startSite({ url: proxy.url, signingKey });
      const browser = await launchChromium(executablePath);
      const realtime = createRealtime({ url: gateway.url, signingKey });
      suite = {
        browser,
        gateway,
        proxy,
        site,
        realtime,
        async open(scenario) {
          const channel = scenario.channel ?? uniqueName("user");
          const tab = await openTab(browser, site, {
            topics: ["ai"],
            ...scenario,
            channel,
          });
          return { tab, channel };
        },
        async publish(channel, data) {
          for (const one of data) {
            await realtime.publish({ channel, topic: "ai", data: one });
          }
        },
      };
      close = async () => {
        await browser.close();
        await site[Symbol.asyncDispose]();
        await proxy.close();
        await gateway.close();
      };
    });

    afterAll(() => close());

    tests(() => suite);
  });
}
