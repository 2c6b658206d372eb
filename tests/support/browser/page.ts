import type { Browser, Page } from "playwright-core";
import type { GatewayOptions } from "../../../server/mod.ts";
import { startGateway, type TestGateway } from "../gateway/gateway.ts";
import { type Proxy, startProxy } from "../gateway/proxy.ts";
import { until } from "../until.ts";

/** The development page in a browser, its gateway, and a proxy between them. */
export class PageUnderTest implements AsyncDisposable {
  readonly page: Page;
  /** The proxy that can cut the page's connections. */
  readonly proxy: Proxy;
  gateway: TestGateway;
  /** Messages on the console and uncaught errors. */
  readonly problems: string[] = [];
  /** The URLs of all requests. */
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

  /** Starts a gateway in development mode and an empty page; see {@linkcode PageUnderTest.open}. */
  static async start(
    browser: Browser,
    options: Partial<GatewayOptions> = {},
  ): Promise<PageUnderTest> {
    const gateway = await startGateway({ dev: true, ...options });
    const proxy = await startProxy(gateway.url);
    return new PageUnderTest(await browser.newPage(), proxy, gateway);
  }

  /** Opens the page and waits until it is connected. It watches `demo/hello`, unless the address says something else. */
  async open(hash: string = "#channel=demo&topic=hello"): Promise<void> {
    await this.page.goto(`${this.proxy.url}/${hash}`);
    await this.state("live");
  }

  /** Goes to a room by its tab, and waits until what it shows is up to date. */
  async enter(room: string): Promise<void> {
    await this.page.getByRole("tab", { name: room, exact: true }).click();
    await this.state("live");
  }

  /** Returns a room's rows in the document, each with the texts of its cells in view. */
  rows(room: string): Promise<string[][]> {
    return this.page.$$eval(
      `#${room}-scroll tbody:not(.space) tr`,
      (rows) =>
        rows.map((row) =>
          [...row.children].map(({ textContent }) => textContent ?? "")
        ),
    );
  }

  /** Resolves when the connection is in a state. */
  async state(name: string): Promise<void> {
    await this.page.waitForSelector(`#status[data-state="${name}"]`);
  }

  /** Resolves when an element's text contains a text. */
  async shows(selector: string, part: string): Promise<void> {
    await this.page.locator(selector, { hasText: part }).first().waitFor();
  }

  /**
   * Waits until a JavaScript expression is true in the page. Playwright's `waitForFunction` evaluates its text in the page when it is not true
   * at once, which the page's policy forbids.
   */
  async holds(expression: string): Promise<void> {
    await until(async () => await this.page.evaluate(expression) === true);
  }

  /** Returns the text of an element. */
  async text(selector: string): Promise<string> {
    return await this.page.locator(selector).textContent() ?? "";
  }

  /** Returns the data of the messages in the list, oldest first. */
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
