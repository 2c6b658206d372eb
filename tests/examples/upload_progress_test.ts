import { assertEquals, assertLess } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { createHash } from "node:crypto";
import { uploads } from "../../examples/upload-progress/channels.ts";
import { createSite } from "../../examples/upload-progress/site.ts";
import { subscribe } from "../../mod.ts";
import { createTestRealtime } from "../../server/testing.ts";
import { useExamplePage } from "../support/browser/example_page.ts";

describe("example upload-progress", () => {
  const site = useExamplePage("upload-progress");

  site.itInChromium(
    "shows a file's progress, also after a reload, and its result",
    async () => {
      const { page, problems, texts, close } = await site.visit();
      await page.click("text=Upload a sample");
      await page.waitForFunction(
        "document.querySelector('progress')?.value > 10",
      );
      await page.reload();
      await page.waitForSelector("progress");
      assertEquals(await texts("li strong"), ["sample-1.bin"]);
      assertLess(await valueOf("progress"), 100);

      // 4 MiB of zeros, as the page makes them.
      const sha256 = hashOf(new Uint8Array(4 * 1024 * 1024));
      await page.waitForSelector(`span:text("${sha256.slice(0, 16)}")`);
      assertEquals(await valueOf("progress"), 100);
      assertEquals(problems, []);
      await close();

      async function valueOf(selector: string): Promise<number> {
        return Number(await page.locator(selector).getAttribute("value"));
      }
    },
  );

  it("publishes progress and the result", async () => {
    const test = createTestRealtime();
    const site = createSite({ realtime: test.realtime });
    const bytes = new TextEncoder().encode("high water");
    const watching = await subscribe({
      app: test.realtime,
      channel: uploads("ann"),
      topics: ["done"],
    });
    const answer = await site.request("/api/uploads/tides.txt", {
      method: "PUT",
      headers: { cookie: "user=ann" },
      body: bytes,
    });
    assertEquals(answer.status, 202);
    for await (const { data } of watching) {
      assertEquals(data.file, "tides.txt");
      break;
    }
    const file = "tides.txt";
    assertEquals(await test.messages(uploads("ann")), [
      { topic: "progress", data: { file, percent: 100 } },
      { topic: "done", data: { file, bytes: 10, sha256: hashOf(bytes) } },
    ]);
    await test.close();
  });

  it("takes no files from strangers", async () => {
    const test = createTestRealtime();
    const site = createSite({ realtime: test.realtime });
    const request = { method: "PUT", body: "x" };
    const answer = await site.request("/api/uploads/x", request);
    assertEquals(answer.status, 401);
    await test.close();
  });
});

function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
