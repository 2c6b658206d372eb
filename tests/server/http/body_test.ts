import { assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { pause } from "../../../core/time/backoff.ts";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { readBytes } from "../../../server/http/body.ts";

const LIMIT = 1024 * 1024;

function tooLarge(): RealtimeError {
  return new RealtimeError("too_large", "It is too large");
}

/** Makes a request whose body brings a byte every 5 ms for some time. */
function dripping(ms: number, announced: number | undefined): {
  request: Request;
  isCanceled: () => boolean;
} {
  let isCanceled = false;
  const started = performance.now();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await pause(5);
      if (isCanceled) return;
      if (performance.now() - started > ms) controller.close();
      else controller.enqueue(new Uint8Array(1));
    },
    cancel() {
      isCanceled = true;
    },
  });
  const headers: Record<string, string> = announced === undefined
    ? {}
    : { "content-length": String(announced) };
  const request = new Request("http://localhost/", {
    method: "POST",
    body,
    headers,
    duplex: "half",
  } as RequestInit);
  return { request, isCanceled: () => isCanceled };
}

describe("readBytes()", () => {
  for (const announced of [undefined, LIMIT]) {
    const what = announced === undefined ? "unknown" : "announced";
    it(`refuses a body of ${what} length that drips beyond the deadline, and reads no more of it`, async () => {
      const { request, isCanceled } = dripping(5_000, announced);
      const reading = readBytes(request, LIMIT, tooLarge, 100);
      const error = await assertRejects(() => reading, RealtimeError);
      assertEquals(error.code, "invalid_data");
      assertEquals(
        error.message,
        "Cannot read the body: it took longer than 0.1 s",
      );
      assertEquals(isCanceled(), true);
    });
  }

  it("refuses a small body that drips beyond the deadline", async () => {
    const { request } = dripping(300, 1000);
    const reading = readBytes(request, LIMIT, tooLarge, 100);
    const error = await assertRejects(() => reading, RealtimeError);
    assertEquals(error.code, "invalid_data");
    // The rest is read all the same.
    await pause(400);
  });

  it("reads a slow body that ends in time", async () => {
    const { request } = dripping(50, undefined);
    const bytes = await readBytes(request, LIMIT, tooLarge, 20_000);
    assertEquals(bytes.every((byte) => byte === 0), true);
  });
});
