import { assert, assertEquals } from "@std/assert";
import { it } from "@std/testing/bdd";
import type { PageUnderTest } from "../../support/browser/page.ts";
import { describePage } from "../../support/browser/page_suite.ts";
import { batch, postJson } from "../../support/wire/publish.ts";

/** JSON of about 510 KB whose objects take 5 MB when they are parsed. */
const LARGE = `[${Array(170_000).fill("{}").join(",")}]`;

/** Returns the megabytes of the page's JavaScript heap, without garbage. */
async function heapOf({ page }: PageUnderTest): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  return usedSize / 1e6;
}

describePage("the page", () => ({}), (current) => {
  it("keeps as many large messages as it has memory for, as text", async () => {
    const site = current();
    const { page } = site;
    await site.open("");
    for (let count = 1; count <= 34; count++) {
      const request = { channel: "demo", topic: "hello", body: LARGE };
      assertEquals((await postJson(site.gateway, request)).status, 200);
      // A feed leaves out what comes faster than the page reads it.
      await site.shows("#count", `${count} message`);
    }
    const heap = await heapOf(site);
    assert(heap < 50, `The heap has ${heap} MB`);
    await site.shows("#count", "34 messages, the newest 31 kept");
    assertEquals((await site.list())[0]?.slice(0, 12), "[{},{},{},{}");
    await page.fill("#filter", "{},{}");
    await site.shows("#count", "31 of 34 messages");
    // An open row shows the beginning, since a browser takes 1 KB for a line.
    await page.locator(".row summary").first().click();
    const shown = await page.textContent(".whole .json");
    assertEquals(shown?.length, 100_001);
    assertEquals(shown?.endsWith("…"), true);
    await site.shows(".tools", "The first 100,000 characters of 1,");
    assertEquals(site.problems, []);
  });

  it("keeps the end of a long data stream, and not what came before", async () => {
    const site = current();
    await site.open();
    const first = { channel: "demo", topic: "hello" };
    const piece = "long ".repeat(100_000);
    for (let count = 1; count <= 30; count++) {
      const stream = { ...first, stream_id: `s${count}` };
      await batch(site.gateway, [
        { ...stream, kind: "datastream-start", data: "" },
        { ...stream, kind: "chunk", data: piece },
      ]);
      await site.shows("#count", `${count} message`);
    }
    const heap = await heapOf(site);
    assert(heap < 12, `The heap has ${heap} MB`);
  });
});
