import { assert, assertEquals, assertRejects } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { readPageFile } from "../../../server/page/files.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";

describe("the page over HTTP", () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startGateway({ dev: true });
  });

  afterAll(() => gateway.close());

  async function get(path: string) {
    const response = await fetch(gateway.url + path);
    const { status, headers } = response;
    return { status, headers, text: await response.text() };
  }

  it("has every file that it refers to, each with its type", async () => {
    const page = await get("/");
    assertEquals(page.status, 200);
    assertEquals(page.headers.get("content-type"), "text/html; charset=utf-8");
    const links = [...page.text.matchAll(/(?:href|src)="([^"#]+)"/g)]
      .map(([, link]) => link ?? "");
    assert(links.includes("page/main.js"), links.join());
    const modules = new Set(links);
    // A browser also loads the imports of the modules.
    for (const link of modules) {
      const file = await get(`/${link}`);
      assertEquals(file.status, 200, link);
      const type = link.endsWith(".js")
        ? "text/javascript; charset=utf-8"
        : link.endsWith(".css")
        ? "text/css; charset=utf-8"
        : "image/svg+xml";
      assertEquals(file.headers.get("content-type"), type, link);
      const url = new URL(link, "http://page/");
      for (const [, path] of file.text.matchAll(/from "(\.[^"]+\.js)"/g)) {
        modules.add(new URL(path ?? "", url).pathname.slice(1));
      }
    }
    assert(modules.size > 40, `${modules.size} files`);
  });

  it("may load from and connect to its gateway only, and turns no text into markup", async () => {
    const { headers } = await get("/");
    const policy = headers.get("content-security-policy") ?? "";
    const directives = Object.fromEntries(
      policy.split(";").map((directive) => {
        const [name, ...values] = directive.trim().split(" ");
        return [name, values.join(" ")];
      }),
    );
    assertEquals(directives, {
      "default-src": "'none'",
      "script-src": "'self'",
      "style-src": "'self'",
      "img-src": "'self'",
      "connect-src": "'self'",
      "base-uri": "'none'",
      "form-action": "'none'",
      "frame-ancestors": "'none'",
      "require-trusted-types-for": "'script'",
      "trusted-types": "'none'",
    });
    assertEquals(headers.get("x-content-type-options"), "nosniff");
    assertEquals(headers.get("referrer-policy"), "no-referrer");
  });

  it("serves no other file", async () => {
    const paths = [
      "/page/none.js",
      "/page/tsconfig.json",
      "/page/%2e%2e%2fmod.ts",
      "/page/..%2f..%2fmain.js",
      "/page/parts/%2e%2e/%2e%2e/mod.ts",
      "/page/parts%2fdom.js/x",
      "/page/parts",
      "/page/index.html",
    ];
    for (const path of paths) assertEquals((await get(path)).status, 404, path);
  });

  it("exists in development mode only", async () => {
    await using served = await startGateway();
    for (const path of ["/", "/page/main.js"]) {
      const response = await fetch(served.url + path);
      await response.body?.cancel();
      assertEquals(response.status, 404, path);
    }
  });
});

describe("readPageFile()", () => {
  it("reads the same next to a module that was loaded over HTTP", async () => {
    const gateway = await startGateway({ dev: true });
    const folder = new URL("/page/", gateway.url);
    try {
      assertEquals(
        await readPageFile("main.js", folder),
        await readPageFile("main.js"),
      );
      assertEquals(await readPageFile("none.js", folder), undefined);
    } finally {
      await gateway.close();
    }
    // A loaded file needs no network any more; any other file fails to load.
    assert(await readPageFile("main.js", folder));
    const error = await assertRejects(
      () => readPageFile("feed.js", folder),
      RealtimeError,
    );
    assertEquals(error.code, "unavailable");
    assertEquals(
      error.message,
      `Cannot show the page: its files can't be loaded from ${folder.host}`,
    );
  });
});
