import { assertEquals, assertMatch } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { build } from "esbuild";
import { Miniflare } from "miniflare";
import { type Realtime, subscribe } from "../../mod.ts";
import { startGateway, type TestGateway } from "../support/gateway/gateway.ts";
import { createProject } from "../support/package/project.ts";

/** A Worker that publishes a message to a user's channel and answers with a token for it. */
const WORKER = `
import { channel, createRealtime, getSubscriptionToken, topic } from "@tidings/realtime";

interface Env {
  readonly REALTIME_URL: string;
  readonly REALTIME_SIGNING_KEY: string;
}

const users = channel((id: string) => \`user:\${id}\`)
  .addTopic(topic("greeting").type<string>());

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const realtime = createRealtime({
      url: env.REALTIME_URL,
      signingKey: env.REALTIME_SIGNING_KEY,
    });
    const user = users(new URL(request.url).pathname.slice(1));
    const { id } = await realtime.publish(user.greeting("hello"));
    const token = await getSubscriptionToken(realtime, {
      channel: user,
      topics: ["greeting"],
    });
    return Response.json({ id, token });
  },
};
`;

/** Bundles a module of a project with the package that is installed there. */
async function bundle(path: string): Promise<string> {
  const { outputFiles: [file] } = await build({
    entryPoints: [path],
    bundle: true,
    format: "esm",
    conditions: ["workerd", "worker"],
    write: false,
    logLevel: "error",
  });
  return file?.text ?? "";
}

// It is made here, as npm may take longer than a test is allowed to.
const project = await createProject();

// Miniflare closes its timers and ports some time after dispose().
describe(
  "the package in a Worker",
  { sanitizeResources: false, sanitizeOps: false },
  () => {
    let gateway: TestGateway;
    let worker: Miniflare;

    beforeAll(async () => {
      gateway = await startGateway();
      worker = new Miniflare({
        modules: true,
        script: await bundle(await project.write("worker.ts", WORKER)),
        // Without Node compatibility, as on the edge.
        compatibilityDate: "2026-01-01",
        port: 0,
        bindings: {
          REALTIME_URL: gateway.url,
          REALTIME_SIGNING_KEY: gateway.signingKey,
        },
      });
    });

    afterAll(async () => {
      await worker.dispose();
      await gateway.close();
      await project[Symbol.asyncDispose]();
    });

    it("publishes to a gateway and mints a token that subscribes there", async () => {
      const { origin } = await worker.ready;
      const response = await fetch(`${origin}/ann`);
      const { id, token } = await response.json() as {
        id: string;
        token: Realtime.Subscribe.Token;
      };
      assertMatch(id, /^\w{8}-1$/);
      assertEquals(token.apiBaseUrl, gateway.url);
      for await (const message of await subscribe(token, { from: "start" })) {
        assertEquals(
          [message.channel, message.id, message.data],
          ["user:ann", id, "hello"],
        );
        break;
      }
    });
  },
);
