import { assertEquals, assertMatch } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { buildSync } from "esbuild";
import { Miniflare } from "miniflare";
import { fileURLToPath } from "node:url";
import { type Realtime, subscribe } from "../../mod.ts";
import { startGateway, type TestGateway } from "../support/gateway/gateway.ts";

const entry = fileURLToPath(
  new URL("./edge_worker.ts", import.meta.url),
);

/** Bundles the worker as a deployment does; returns the bundle and what is in it. */
function bundleWorker(): {
  script: string;
  inputs: string[];
  externals: string[];
} {
  const { outputFiles, metafile } = buildSync({
    entryPoints: [entry],
    bundle: true,
    format: "esm",
    conditions: ["workerd", "worker"],
    metafile: true,
    write: false,
    logLevel: "error",
  });
  const imports = Object.values(metafile.inputs).flatMap((input) =>
    input.imports
  );
  return {
    script: outputFiles[0]?.text ?? "",
    inputs: Object.keys(metafile.inputs),
    externals: imports.filter(({ external }) => external).map(({ path }) =>
      path
    ),
  };
}

// Miniflare closes its timers and ports some time after dispose().
describe(
  "mod.ts on workerd",
  { sanitizeResources: false, sanitizeOps: false },
  () => {
    const bundle = bundleWorker();
    let gateway: TestGateway;
    let worker: Miniflare;
    let origin: string;

    beforeAll(async () => {
      gateway = await startGateway();
      worker = new Miniflare({
        modules: true,
        script: bundle.script,
        // Without Node compatibility, as on the edge.
        compatibilityDate: "2026-01-01",
        port: 0,
        bindings: {
          REALTIME_URL: gateway.url,
          REALTIME_SIGNING_KEY: gateway.signingKey,
        },
      });
      origin = (await worker.ready).origin;
    });

    afterAll(async () => {
      await worker.dispose();
      await gateway.close();
    });

    async function ask<T>(path: string, name: string): Promise<T> {
      const response = await fetch(`${origin}${path}?name=${name}`);
      const text = await response.text();
      assertEquals(response.status, 200, text);
      return JSON.parse(text);
    }

    it("has a bundle without a runtime's API and without the server's packages", () => {
      assertEquals(bundle.externals, []);
      const foreign = bundle.inputs.filter((path) =>
        /(^|\/)server\/|node_modules\/(?!jose\/)/.test(path)
      );
      assertEquals(foreign, []);
    });

    it("publishes a message", async () => {
      const { id } = await ask<{ id: string }>("/publish", "publish");
      assertMatch(id, /^\w{8}-1$/);
      const message = await ask<{ id: string; data: string }>(
        "/first",
        "publish",
      );
      assertEquals([message.id, message.data], [id, "hello"]);
    });

    it("publishes from many requests at once with an app that they share", async () => {
      const answers = await Promise.all(
        Array.from(
          { length: 30 },
          () => ask<{ id: string }>("/publish/shared", "shared"),
        ),
      );
      const offsets = answers.map(({ id }) => Number(id.split("-")[1]));
      assertEquals(
        offsets.sort((a, b) => a - b),
        Array.from({ length: 30 }, (_, i) => i + 1),
      );
    });

    it("mints a token that subscribes elsewhere", async () => {
      const token = await ask<Realtime.Subscribe.Token>("/token", "token");
      assertEquals(token.channel, "edge:token");
      assertEquals(token.apiBaseUrl, gateway.url);
      const messages = await subscribe(token);
      await ask("/publish", "token");
      for await (const { data } of messages) {
        assertEquals(data, "hello");
        break;
      }
    });

    it("publishes a data stream", async () => {
      const token = await ask<Realtime.Subscribe.Token>("/token", "stream");
      await ask("/stream", "stream");
      for await (const message of await subscribe(token, { from: "start" })) {
        if (!("stream" in message)) continue;
        let text = "";
        for await (const piece of message.stream) text += piece;
        assertEquals(text, "one two");
        break;
      }
    });
  },
);
