import { assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";

const APP = "https://app.example.com";

describe("CORS headers", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway({ allowedOrigins: [APP] });
  });
  afterAll(() => gateway.close());

  async function headersOf(method: string, origin: string): Promise<Headers> {
    const response = await fetch(`${gateway.url}/v1/realtime/history`, {
      method,
      headers: { origin, "access-control-request-method": "GET" },
    });
    await response.body?.cancel();
    return response.headers;
  }

  it("let a page that records spans send its place in a trace", async () => {
    const headers = await headersOf("OPTIONS", APP);
    const allowed = headers.get("access-control-allow-headers")?.split(",");
    for (const name of ["traceparent", "tracestate", "baggage"]) {
      assertEquals(allowed?.includes(name), true);
    }
  });

  for (const method of ["OPTIONS", "GET"]) {
    for (const origin of [APP, "https://evil.example"]) {
      it(`allow no credentials, and vary by origin: ${method} from ${origin}`, async () => {
        const headers = await headersOf(method, origin);
        assertEquals(headers.get("access-control-allow-credentials"), null);
        const vary = headers.get("vary")?.toLowerCase().split(/, */) ?? [];
        assertEquals(vary.includes("origin"), true);
        const allowed = headers.get("access-control-allow-origin");
        assertEquals(allowed, origin === APP ? APP : null);
      });
    }
  }
});
