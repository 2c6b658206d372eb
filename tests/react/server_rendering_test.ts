import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { readFileSync } from "node:fs";
import { createElement, type FunctionComponent, type ReactNode } from "react";
import { renderToString } from "react-dom/server";
import { useRealtime, useStream, useSubscription } from "../../hooks.ts";
import { describeInChromium } from "./browser_suite.ts";

/** Renders a component as a server does, and returns the text. */
function render(component: FunctionComponent): string {
  return renderToString(createElement(component))
    .replace(/<[^>]*>/g, "").replaceAll("&quot;", '"');
}

function never(): Promise<never> {
  throw new Error("A server must not ask for a token");
}

describe("hooks on a server", () => {
  it("useSubscription() renders the state before the first message", () => {
    function Component(): ReactNode {
      const { clear: _, ...shown } = useSubscription({
        refreshToken: never,
        from: "start",
      });
      return createElement("pre", null, JSON.stringify(shown));
    }
    assertEquals(JSON.parse(render(Component)), {
      data: [],
      latestData: null,
      freshData: [],
      error: null,
      retryInMs: null,
      state: "closed",
    });
  });

  it("useRealtime() renders the state before the first message", () => {
    function Component(): ReactNode {
      const { reset: _, ...shown } = useRealtime({
        channel: "user:1",
        topics: ["ai"],
        token: never,
        pauseOnHidden: true,
      });
      return createElement("pre", null, JSON.stringify(shown));
    }
    assertEquals(JSON.parse(render(Component)), {
      connectionStatus: "idle",
      runStatus: "unknown",
      isPaused: false,
      pauseReason: null,
      messages: { byTopic: {}, all: [], last: null, delta: [] },
      runError: null,
      error: null,
      retryInMs: null,
    });
  });

  it("useStream() renders the state before the first message", () => {
    function Component(): ReactNode {
      const shown = useStream("ai", { channel: "user:1", token: never });
      return createElement("pre", null, JSON.stringify(shown));
    }
    assertEquals(JSON.parse(render(Component)), {
      text: "",
      done: false,
      error: null,
      retryInMs: null,
      stopped: false,
      streamId: null,
    });
  });

  it("are marked as code of the client, for bundlers of server components", () => {
    const source = readFileSync(
      new URL("../../hooks.ts", import.meta.url),
      "utf8",
    );
    assertMatch(source, /^"use client";\n/);
    // A client module must not export by `*`.
    assertEquals(source.includes("export *"), false);
  });
});

describeInChromium("hooks on a server, then in Chromium", {}, (suite) => {
  it("continue from the server's markup", async () => {
    const { open, publish, site } = suite();
    const shown = { status: "closed", retryInMs: null, data: [] };
    site.html = "<main>" +
      renderToString(
        createElement("pre", {
          id: "shown-0",
          "data-status": "closed",
          "data-count": 0,
        }, JSON.stringify(shown)),
      ) +
      "</main>";
    const { tab, channel } = await open({ hook: "useSubscription" });
    await using _ = tab;
    assertStringIncludes(site.html, "shown-0");
    await tab.until(({ status }) => status === "active");
    await publish(channel, [1]);
    const { data } = await tab.until(({ data }) => data.length > 0);
    assertEquals(data, [1]);
    // React reports every difference to the given markup on the console.
    assertEquals(tab.problems, []);
    site.html = "";
  });
});
