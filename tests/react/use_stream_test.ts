import { assertEquals, assertMatch } from "@std/assert";
import { it } from "@std/testing/bdd";
import { describeInChromium } from "./browser_suite.ts";

const hook = "useStream";
const WORDS = ["Nothing ", "is ", "lost, ", "not ", "even ", "a ", "wörd."];

/** A stream that a test writes to. */
function createStream(): {
  readonly stream: ReadableStream<string>;
  write(text: string): void;
  close(): void;
  fail(error: Error): void;
} {
  let controller: ReadableStreamDefaultController<string> | undefined;
  const stream = new ReadableStream<string>({
    start(it) {
      controller = it;
    },
  });
  return {
    stream,
    write: (text) => controller?.enqueue(text),
    close: () => controller?.close(),
    fail: (error) => controller?.error(error),
  };
}

describeInChromium("useStream() in Chromium", {}, (suite) => {
  it("shows a stream's text while it grows, until its end", async () => {
    const { open, realtime } = suite();
    const { tab, channel } = await open({ hook });
    await using _ = tab;
    await tab.until(({ text }) => text === "");
    const { stream, write, close } = createStream();
    const published = realtime.publish({ channel, topic: "ai", data: stream });
    write("Nothing ");
    const first = await tab.until(({ text }) => text === "Nothing ");
    assertEquals(first.done, false);
    for (const word of WORDS.slice(1)) write(word);
    close();
    await published;
    const { text, error } = await tab.until(({ done }) => done === true);
    assertEquals(text, WORDS.join(""));
    assertEquals(error, undefined);
  });

  it("shows the whole text to a late component, or after a reload in the middle", async () => {
    const { open, realtime } = suite();
    const { stream, write, close } = createStream();
    const { tab, channel } = await open({ hook, isMounted: false });
    await using _ = tab;
    const published = realtime.publish({ channel, topic: "ai", data: stream });
    write("Nothing ");
    write("is ");
    // When another reader has the beginning, the stream is in the log.
    const other = await open({ hook, channel });
    await using __ = other.tab;
    await other.tab.until(({ text }) => text === "Nothing is ");

    await tab.show({ isMounted: true });
    await tab.until(({ text }) => text === "Nothing is ");
    await other.tab.page.reload();
    await other.tab.until(({ text }) => text === "Nothing is ");
    write("lost");
    close();
    await published;
    for (const { until } of [tab, other.tab]) {
      const { text } = await until(({ done }) => done === true);
      assertEquals(text, "Nothing is lost");
    }
    // The same holds after its end.
    await tab.show({ options: { from: "start", key: "again" } });
    const { text } = await tab.until(({ done }) => done === true);
    assertEquals(text, "Nothing is lost");
  });

  it("continues the text after the connection was lost", async () => {
    const { open, realtime, proxy, gateway } = suite();
    const { tab, channel } = await open({ hook });
    await using _ = tab;
    await tab.until(({ text }) => text === "");
    const { stream, write, close } = createStream();
    const published = realtime.publish({ channel, topic: "ai", data: stream });
    write("Nothing ");
    await tab.until(({ text }) => text === "Nothing ");
    proxy.cut();
    write("is ");
    write("lost");
    close();
    await published;
    proxy.lead(gateway.url);
    const { text } = await tab.until(({ done }) => done === true);
    assertEquals(text, "Nothing is lost");
  });

  it("shows the error of a stream, and the text before it", async () => {
    const { open, realtime } = suite();
    const { tab, channel } = await open({ hook });
    await using _ = tab;
    await tab.until(({ text }) => text === "");
    const { stream, write, fail } = createStream();
    const published = realtime.publish({ channel, topic: "ai", data: stream })
      .catch((error) => error);
    write("Nothing ");
    await tab.until(({ text }) => text === "Nothing ");
    fail(new Error("The model is gone"));
    await published;
    const { text, error } = await tab.until(({ done }) => done === true);
    assertEquals(text, "Nothing ");
    assertMatch(String(error), /the source of the stream failed/);
  });

  it("shows a new stream when it begins", async () => {
    const { open, realtime } = suite();
    const { tab, channel } = await open({ hook, options: { from: "start" } });
    await using _ = tab;
    await tab.until(({ text }) => text === "");
    for (const word of ["first", "second"]) {
      const { stream, write, close } = createStream();
      write(word);
      close();
      await realtime.publish({ channel, topic: "ai", data: stream });
    }
    await tab.until(({ text, done }) => text === "second" && done === true);
    assertEquals(tab.problems, []);
  });

  it("stops a stream at its source, for every reader", async () => {
    const { open, realtime, site } = suite();
    site.grant({ stop: true });
    const { tab, channel } = await open({ hook });
    await using _ = tab;
    const other = await open({ hook, channel });
    await using __ = other.tab;
    for (const { until } of [tab, other.tab]) {
      await until(({ text }) => text === "");
    }
    const unwanted = Promise.withResolvers<void>();
    const published = realtime.publish({
      channel,
      topic: "ai",
      data: async function* (signal: AbortSignal) {
        yield "Nothing ";
        signal.addEventListener("abort", () => unwanted.resolve());
        await unwanted.promise;
        yield "too late";
      },
    });
    await tab.until(({ text }) => text === "Nothing ");
    assertEquals(await tab.page.evaluate("control.stop()"), true);
    await unwanted.promise;
    assertEquals((await published).stopped, true);
    for (const { until } of [tab, other.tab]) {
      const { text, stopped, error } = await until(({ done }) => done === true);
      assertEquals([text, stopped, error], ["Nothing ", true, undefined]);
    }
    // The log has the stop, for this stream only.
    await tab.show({ options: { from: "start", key: "again" } });
    const late = await tab.until(({ done }) => done === true);
    assertEquals([late.text, late.stopped], ["Nothing ", true]);
    assertEquals(await tab.page.evaluate("control.stop()"), true);
    site.grant({});
    assertEquals(tab.problems, []);
  });

  it("does not stop a stream if its token does not grant that", async () => {
    const { open, realtime } = suite();
    const { tab, channel } = await open({ hook });
    await using _ = tab;
    assertEquals(await tab.page.evaluate("control.stop()"), false);
    const { stream, write, close } = createStream();
    const published = realtime.publish({ channel, topic: "ai", data: stream });
    write("Nothing ");
    await tab.until(({ text }) => text === "Nothing ");
    assertEquals(await tab.page.evaluate("control.stop()"), "forbidden");
    close();
    assertEquals((await published).stopped, undefined);
    const { stopped } = await tab.until(({ done }) => done === true);
    assertEquals(stopped, false);
  });
});
