import type { Browser, Page } from "playwright-core";
import type { GatewayOptions } from "../../../server/mod.ts";
import { startGateway, type TestGateway } from "../gateway/gateway.ts";
import { type Proxy, startProxy } from "../gateway/proxy.ts";

/** The development page in a browser, its gateway, and the way between them. */
export class PageUnderTest implements AsyncDisposable {
  readonly page: Page;
  /** What the page sees break off. */
  readonly proxy: Proxy;
  gateway: TestGateway;
  /** What the console said and what was thrown. */
  readonly problems: string[] = [];
  /** The URL of everything that was asked for. */
  readonly requests: string[] = [];

  constructor(page: Page, proxy: Proxy, gateway: TestGateway) {
    this.page = page;
    this.proxy = proxy;
    this.gateway = gateway;
    page.on("pageerror", (error) => this.problems.push(error.message));
    page.on("console", (message) => this.problems.push(message.text()));
    page.on("request", (request) => this.requests.push(request.url()));
    page.on("websocket", (socket) => this.requests.push(socket.url()));
  }

  /** Starts a gateway in development mode. Shows nothing yet: see {@linkcode PageUnderTest.open}. */
  static async start(
    browser: Browser,
    options: Partial<GatewayOptions> = {},
  ): Promise<PageUnderTest> {
    const gateway = await startGateway({ dev: true, ...options });
    const proxy = await startProxy(gateway.url);
    return new PageUnderTest(await browser.newPage(), proxy, gateway);
  }

  /** Opens the page and waits until it watches. */
  async open(hash: string = ""): Promise<void> {
    await this.page.goto(`${this.proxy.url}/${hash}`);
    await this.state("live");
  }

  /** Waits for a state of the connection. */
  async state(name: string): Promise<void> {
    await this.page.waitForSelector(`#status[data-state="${name}"]`);
  }

  /** Waits until an element has this in its text. */
  async shows(selector: string, part: string): Promise<void> {
    await this.page.locator(selector, { hasText: part }).first().waitFor();
  }

  /** An element's text. */
  async text(selector: string): Promise<string> {
    return await this.page.locator(selector).textContent() ?? "";
  }

  /** What the list shows of each message, oldest first. */
  list(): Promise<string[]> {
    return this.page.$$eval(
      "#messages .data",
      (all) => all.map(({ textContent }) => textContent ?? "").reverse(),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.close();
    await this.proxy.close();
    await this.gateway.close();
  }
}
