import { assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { MemoryBroker } from "../../../../server/mod.ts";
import { startGateway } from "../../../support/gateway/gateway.ts";

/** A broker that can't be used. */
class AwayBroker extends MemoryBroker {
  override health(): Promise<{ ok: boolean; detail?: string }> {
    return Promise.resolve({ ok: false, detail: "connection refused" });
  }
}

async function probe(url: string, path: string): Promise<[number, string]> {
  const response = await fetch(`${url}/${path}`);
  const { status, error } = await response.json();
  if (response.status === 503) {
    assertEquals(response.headers.get("retry-after"), "1");
    assertEquals(error.code, "unavailable");
  }
  return [response.status, status ?? error.message];
}

describe("GET /livez and GET /readyz", () => {
  it("are 200 while the gateway runs, and answer HEAD", async () => {
    await using gateway = await startGateway();
    for (const path of ["livez", "readyz"]) {
      assertEquals(await probe(gateway.url, path), [200, "ok"]);
      const init = { method: "HEAD" };
      const head = await fetch(`${gateway.url}/${path}`, init);
      assertEquals([head.status, await head.text()], [200, ""]);
    }
  });

  it("tell a gateway that drains from one that is dead", async () => {
    await using gateway = await startGateway();
    await gateway.gateway.drain({ spread: "0ms" });
    assertEquals(await probe(gateway.url, "livez"), [200, "ok"]);
    assertEquals(await probe(gateway.url, "readyz"), [
      503,
      "Cannot take traffic: the gateway drains",
    ]);
  });

  it("take a gateway out of service, and don't restart it, while its broker is away", async () => {
    await using gateway = await startGateway({ broker: new AwayBroker() });
    assertEquals(await probe(gateway.url, "livez"), [200, "ok"]);
    const [status, message] = await probe(gateway.url, "readyz");
    assertEquals(status, 503);
    assertStringIncludes(
      message,
      'Cannot take traffic: the broker "memory" can\'t be used: connection refused',
    );
  });
});
