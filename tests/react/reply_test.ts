import { assertEquals } from "@std/assert";
import { afterEach, beforeEach, describe, it } from "@std/testing/bdd";
import { Window } from "happy-dom";
import { createElement, type ReactNode } from "react";
import type { Root } from "react-dom/client";
import { useRealtime, useSubscription } from "../../hooks.ts";
import type { Realtime } from "../../mod.ts";
import { createTestRealtime, type TestRealtime } from "../../server/testing.ts";
import { type Signal, signal } from "../support/client/client.ts";
import { setGlobals } from "../support/globals.ts";
import { approvals, codeOf } from "../support/client/questions.ts";

type Token = Realtime.Token<typeof approvals, ["approval"]>;
type Hook = ReturnType<typeof useSubscription<Token>>;

/** The results of the hooks in the last render. */
interface Rendered {
  hook: Pick<Hook, "send" | "reply">;
  questions: readonly { readonly topic: "approval"; readonly id: string }[];
}

describe("the hooks' send() and reply()", () => {
  let test: TestRealtime;
  let window: Window;
  let restore: () => void;
  let root: Root;
  let rendered: Rendered;
  let asked: Signal<void>;

  beforeEach(async () => {
    test = createTestRealtime();
    window = new Window();
    restore = setGlobals({ window, document: window.document });
    asked = signal();
    // React looks for these globals when it is loaded.
    const { createRoot } = await import("react-dom/client");
    const container = window.document.createElement("div");
    root = createRoot(container as unknown as HTMLElement);
  });

  afterEach(async () => {
    root.unmount();
    await test.close();
    await window.happyDOM.close();
    restore();
  });

  function fetchToken(): Promise<Token> {
    return test.realtime.token({
      channel: approvals("1"),
      topics: ["approval"],
      publish: ["decision"],
    });
  }

  /** Records what a component renders. */
  function note(now: Rendered): ReactNode {
    rendered = now;
    if (now.questions.length > 0) asked.resolve();
    return null;
  }

  function Subscriber({ enabled = true }: { enabled?: boolean }): ReactNode {
    const hook = useSubscription({ refreshToken: fetchToken, enabled });
    return note({
      hook,
      questions: hook.data.filter(({ topic }) => topic === "approval"),
    });
  }

  function Typed(): ReactNode {
    const hook = useRealtime({
      channel: approvals("1"),
      topics: ["approval"],
      token: fetchToken,
    });
    return note({ hook, questions: hook.messages.all });
  }

  /** Keeps the connection open, which a page would close a while after its last use. */
  function Other(): ReactNode {
    useSubscription({ refreshToken: fetchToken, key: "other" });
    return null;
  }

  /** Renders, and resolves when the component is mounted. */
  async function show(component: ReactNode): Promise<void> {
    const { flushSync } = await import("react-dom");
    const all = createElement("div", null, component, createElement(Other));
    flushSync(() => root.render(all));
    // Effects run after the render.
    await new Promise((resolve) => setTimeout(resolve));
  }

  for (const component of [Subscriber, Typed]) {
    it(`reply to a question: ${component.name}`, async () => {
      await show(createElement(component));
      // It is sent as soon as the subscription is open.
      await rendered.hook.send("decision", "no");
      const answer = test.realtime.request(approvals("1").approval, {
        text: "Go?",
      });
      await asked.promise;
      const [question] = rendered.questions;
      if (question) await rendered.hook.reply(question, "yes");
      assertEquals(await answer, true);
      const messages = await test.messages("approvals:1");
      assertEquals(messages.map(({ data }) => data), [
        "no",
        { text: "Go?" },
        "yes",
      ]);
    });
  }

  it("check data by the hook's typed channel", async () => {
    await show(createElement(Typed));
    const wrong = rendered.hook.send("decision", "perhaps" as never);
    assertEquals(await codeOf(wrong), "invalid_data");
  });

  it("are refused if the token does not grant them", async () => {
    await show(createElement(Subscriber));
    const sent = rendered.hook.send("approval", { text: "Go?" });
    assertEquals(await codeOf(sent), "forbidden");
  });

  it("reject while the hook is not enabled, and after the component is unmounted", async () => {
    await show(createElement(Subscriber, { enabled: false }));
    assertEquals(await codeOf(rendered.hook.send("decision", "no")), "aborted");
    await show(createElement(Subscriber));
    await rendered.hook.send("decision", "no");
    await show(null);
    assertEquals(await codeOf(rendered.hook.send("decision", "no")), "aborted");
  });

  it("reject if the subscription that they wait for fails", async () => {
    await show(createElement(Refused));
    assertEquals(await codeOf(rendered.hook.send("decision", "no")), "aborted");
  });

  function Refused(): ReactNode {
    const hook = useSubscription({
      refreshToken: async () => ({ ...await fetchToken(), key: "a.b.c" }),
    });
    return note({ hook, questions: [] });
  }
});
