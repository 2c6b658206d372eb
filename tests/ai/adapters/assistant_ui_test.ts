import { assertEquals, assertRejects } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { createResumableStreamStore } from "../../../ai/adapters/assistant_ui.ts";
import { appOf } from "../../support/client/client.ts";
import { startGateway, type TestGateway } from "../../support/gateway/gateway.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
describe("x", () => {
  let gateway: TestGateway;
  beforeAll(async () => { gateway = await startGateway(); });
  afterAll(() => gateway.close());
  it("works", async () => {
    const store = createResumableStreamStore(appOf(gateway));
    const t0 = performance.now();
    const [a, b] = await Promise.all([store.acquireLease("a"), createResumableStreamStore(appOf(gateway)).acquireLease("a")]);
    console.log(a, b, performance.now() - t0);
    assertEquals(await store.status("a"), "streaming");
    await store.append("a", bytes("hello"));
    await store.append("a", new Uint8Array(256).map((_, i) => i));
    console.log(await store.finalize("a", "error", "boom"), await store.finalize("a", "done"));
    console.log(await store.status("a"));
    try { for await (const e of store.read("a", "", new AbortController().signal)) console.log(e.cursor, new TextDecoder().decode(e.chunk).slice(0,20), e.chunk.length); } catch (e) { console.log(String(e)); }
    await store.delete("a");
    console.log(await store.status("a"));
  });
});
