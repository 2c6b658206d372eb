import { assertEquals } from "@std/assert";
import { afterEach, beforeEach, describe, it } from "@std/testing/bdd";
import { Window } from "happy-dom";
import { createElement, type ReactNode } from "react";
import { useStream, useSubscription } from "../../../hooks.ts";
import { getSubscriptionToken, type Realtime } from "../../../mod.ts";
import {
  createTestRealtime,
  type TestRealtime,
} from "../../../server/testing.ts";
import { setGlobals } from "../../support/globals.ts";

/** Components under test. */
function Messages({ fetchToken }: TokenProps): ReactNode {
  const { data } = useSubscription({
    refreshToken: fetchToken,
    from: "start",
  });
  return createElement("p", null, data.map(({ data }) => data).join(" "));
}

function Answer({ fetchToken }: TokenProps): ReactNode {
  const { text, done } = useStream("ai", { token: fetchToken, from: "start" });
  return createElement("p", null, text, done ? " (done)" : "");
}

/** A component with two topics, whose tokens come from one function. */
function Both({ fetchToken }: TokenProps): ReactNode {
  const ai = useStream("ai", { token: fetchToken, from: "start" });
  const log = useStream("log", { token: fetchToken, from: "start" });
  return createElement("p", null, `${ai.text}, ${log.text}`);
}

interface TokenProps {
  readonly fetchToken: () => Promise<Realtime.Subscribe.Token>;
}

describe("a component under test with createTestRealtime()", () => {
  let test: TestRealtime;
  let window: Window;
  let restore: () => void;
  let unmount: () => void;

  beforeEach(() => {
    test = createTestRealtime();
    window = new Window();
    restore = setGlobals({ window, document: window.document });
  });

  afterEach(async () => {
    unmount();
    await test.close();
    await window.happyDOM.close();
    restore();
  });

  function fetchToken(): Promise<Realtime.Subscribe.Token> {
    return getSubscriptionToken(test.realtime, {
      channel: "user:1",
      topics: ["ai", "log"],
    });
  }

  async function render(component: typeof Messages): Promise<void> {
    // React DOM reads the globals when it is loaded.
    const { createRoot } = await import("react-dom/client");
    const container = window.document.createElement("div");
    window.document.body.append(container);
    const root = createRoot(container as unknown as HTMLElement);
    root.render(createElement(component, { fetchToken }));
    unmount = () => root.unmount();
  }

  /** Waits until the page shows a text. */
  function shows(text: string): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (window.document.body.textContent !== text) return;
        observer.disconnect();
        resolve();
      };
      const observer = new window.MutationObserver(look);
      observer.observe(window.document.body, {
        childList: true,
        characterData: true,
        subtree: true,
      });
      look();
    });
  }

  it("shows messages that are published while it is mounted", async () => {
    await render(Messages);
    const message = { channel: "user:1", topic: "ai" };
    await test.realtime.publish({ ...message, data: "hello" });
    await test.realtime.publish({ ...message, data: "again" });
    await shows("hello again");
    assertEquals((await test.messages("user:1")).length, 2);
  });

  it("shows the streams of several topics apart", async () => {
    async function* words(text: string): AsyncGenerator<string> {
      yield await Promise.resolve(text);
    }
    for (const topic of ["ai", "log"]) {
      const data = words(`the ${topic}`);
      await test.realtime.publish({ channel: "user:1", topic, data });
    }
    await render(Both);
    await shows("the ai, the log");
  });

  it("shows a stream that grows, also after a disconnect", async () => {
    const goOn = Promise.withResolvers<void>();
    async function* answer(): AsyncGenerator<string> {
      yield "The tide";
      await goOn.promise;
      yield " rises";
    }
    const published = test.realtime.publish({
      channel: "user:1",
      topic: "ai",
      data: answer(),
    });
    await render(Answer);
    await shows("The tide");
    test.disconnect();
    goOn.resolve();
    await published;
    await shows("The tide rises (done)");
  });
});
