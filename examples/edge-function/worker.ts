import { createRealtime, getSubscriptionToken } from "@tidings/realtime";
import { lobby } from "./channels.ts";

/** The worker's variables. */
export interface Env {
  readonly REALTIME_URL: string;
  readonly REALTIME_SIGNING_KEY: string;
  /** The page, as HTML. */
  readonly PAGE: string;
}

/** An edge function: publishes to the gateway, and mints tokens without a request to it. */
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const realtime = createRealtime({
      url: env.REALTIME_URL,
      signingKey: env.REALTIME_SIGNING_KEY,
    });

    switch (`${request.method} ${new URL(request.url).pathname}`) {
      case "POST /hello": {
        const greeting = (await request.text()).slice(0, 80);
        const from = navigator.userAgent;
        const { id } = await realtime.publish(
          lobby().hello({ greeting, from }),
        );
        return Response.json({ id });
      }
      case "GET /token":
        // Anyone may read the lobby. Your own route checks the user first.
        return Response.json(
          await getSubscriptionToken(realtime, {
            channel: lobby(),
            topics: ["hello"],
          }),
        );
      case "GET /":
        return new Response(env.PAGE, {
          headers: { "content-type": "text/html; charset=utf-8" },
        });
      default:
        return new Response("Not found", { status: 404 });
    }
  },
};
