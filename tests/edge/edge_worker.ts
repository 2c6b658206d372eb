/**
 * The worker of `edge_test.ts`. It uses only `mod.ts`.
 *
 * @module
 */

import {
  channel,
  createRealtime,
  getSubscriptionToken,
  type RealtimeApp,
  subscribe,
  topic,
} from "../../mod.ts";

interface Env {
  readonly REALTIME_URL: string;
  readonly REALTIME_SIGNING_KEY: string;
}

const edge = channel((name: string) => `edge:${name}`)
  .addTopic(topic("text").type<string>())
  .addTopic(topic("stream").type<string>());

async function* pieces(): AsyncGenerator<string> {
  yield "one ";
  yield "two";
}

/** An app that all requests to the worker share. */
let shared: RealtimeApp | undefined;

const worker = {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const mine = edge(searchParams.get("name") ?? "");
    const realtime = createRealtime({
      url: env.REALTIME_URL,
      signingKey: env.REALTIME_SIGNING_KEY,
    });
    switch (pathname) {
      case "/publish":
        return Response.json(await realtime.publish(mine.text("hello")));
      case "/publish/shared":
        shared ??= realtime;
        return Response.json(await shared.publish(mine.text("hello")));
      case "/stream":
        return Response.json(await realtime.publish(mine.stream(pieces())));
      case "/token":
        return Response.json(
          await getSubscriptionToken(realtime, {
            channel: mine,
            topics: ["text", "stream"],
          }),
        );
      case "/first": {
        const target = {
          app: realtime,
          channel: mine,
          topics: ["text"],
        } as const;
        for await (
          const message of await subscribe(target, { from: "start" })
        ) {
          return Response.json(message);
        }
        return new Response("The subscription ended", { status: 500 });
      }
      default:
        return new Response("Not found", { status: 404 });
    }
  },
};

export default worker;
