import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../support/root.ts";
import { checkTypes } from "../support/types/type_check.ts";
import { parseWalkthrough } from "../support/walkthrough/walkthrough.ts";

const FOLDER = "tests/data/ai_document";

/** The modules that the document leaves to the app, and that of Next.js, which is not installed. */
const MODULES = {
  "chats.ts": `
    import type { UIMessage } from "ai";
    export declare function ownsChat(user: string | undefined, id: string): Promise<boolean>;
    export declare function messagesOf(id: string): Promise<UIMessage[]>;
    export declare function saveMessage(id: string, message: UIMessage): Promise<void>;
  `,
  "session.ts": `
    export declare function userOf(request: Request): Promise<string | undefined>;
  `,
  "next_server.ts": `
    export declare function after(task: Promise<unknown> | (() => unknown)): void;
  `,
};

/** Returns the files of a text's blocks of code, which name them in their first lines. */
function filesIn(text: string): Record<string, string> {
  const blocks = text.match(/^```tsx?\n[^]*?^```$/gm) ?? [];
  return { ...parseWalkthrough(blocks.join("\n")).files };
}

/** Type-checks the files of a document together; returns the errors, with the files' names. */
function problemsIn(files: Record<string, string>): string[] {
  const sources = Object.fromEntries(
    Object.entries({ ...MODULES, ...files })
      .map(([name, text]) => [`${FOLDER}/${name}`, text]),
  );
  const paths = {
    "@/lib/chats": `${FOLDER}/chats.ts`,
    "@/lib/session": `${FOLDER}/session.ts`,
    "next/server": `${FOLDER}/next_server.ts`,
  };
  return checkTypes({ sources, paths }).map(({ file, line, message }) =>
    `${file.slice(FOLDER.length + 1)}:${line} ${message}`
  );
}

describe("docs/ai.md", () => {
  const files = filesIn(readFileSync(join(ROOT, "docs/ai.md"), "utf8"));

  it("has the files of its apps", () => {
    assertEquals(Object.keys(files), [
      "app/api/chat/route.ts",
      "app/api/chat/[id]/token/route.ts",
      "app/chat/[id]/chat.tsx",
      "server.ts",
      "is_refused.ts",
      "functions.ts",
      "realtime.ts",
    ]);
  });

  it("has files that compile, unlike one with an option that does not exist", () => {
    // The compiler takes seconds for the types of the AI SDK, so it checks all of them at once.
    const wrong = files["server.ts"]?.replace(
      "stream: answer",
      "streams: answer",
    );
    const problems = problemsIn({ ...files, "wrong.ts": wrong ?? "" });
    assertEquals(problems.map((problem) => problem.split(":")[0]), [
      "wrong.ts",
    ]);
    assertMatch(problems[0] ?? "", /'streams' does not exist/);
  });
});
