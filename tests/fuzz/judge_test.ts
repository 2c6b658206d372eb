import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { Answer } from "./answers.ts";
import type { Case } from "./case.ts";
import type { Outcome } from "./exchange.ts";
import { judge } from "./judge.ts";
import { OutputWatch } from "./output_watch.ts";

const sent: Case = {
  kind: "http",
  bytes: "",
  methods: ["GET"],
  isAuthorized: true,
  isWhole: true,
  isSplit: false,
};

const nothing: Outcome = {
  answers: [],
  frames: [],
  isClosed: true,
  isLate: false,
};

function answer(status: number, body: string, headers = {}): Answer {
  const json = { "content-type": "application/json", ...headers };
  return {
    status,
    headers: new Map(Object.entries(json)),
    body,
    isComplete: true,
  };
}

function error(status: number, code: string, message = "no"): Answer {
  return answer(status, JSON.stringify({ error: { code, message } }));
}

function problemsOf(given: Partial<Outcome>, changed: Partial<Case> = {}) {
  return judge({ ...sent, ...changed }, { ...nothing, ...given }).problems;
}

function text(frame: object) {
  return { opcode: 1, payload: JSON.stringify(frame) };
}

function close(code: number) {
  const bytes = [code >> 8, code & 255];
  return { opcode: 8, payload: String.fromCharCode(...bytes) };
}

describe("judge()", () => {
  it("is content with refusals, and with a state that is 503", () => {
    for (
      const fine of [
        error(400, "invalid_json"),
        error(401, "token_expired"),
        error(503, "unavailable"),
        answer(503, '{"status":"draining"}'),
        answer(505, "", { "content-type": "" }),
        answer(200, '{"id":"aaaaaaaa-1"}'),
      ]
    ) assertEquals(problemsOf({ answers: [fine] }), []);
    assertEquals(problemsOf({ frames: [close(4401), close(1002)] }), []);
    const first = { isAuthorized: false };
    const health = answer(200, '{"status":"ok","connections":1}');
    assertEquals(problemsOf({ answers: [health] }, first), []);
  });

  it("reports a failure of the gateway", () => {
    const failed = error(500, "internal");
    assertEquals(problemsOf({ answers: [failed] }), ["the answer is 500"]);
    const down = answer(503, "", { "content-type": "text/plain" });
    assertEquals(problemsOf({ answers: [down] }), [
      "the answer is 503 without a reason",
    ]);
    assertEquals(problemsOf({ frames: [close(1011)] }), [
      "the close code is 1011",
    ]);
    const frame = text({ kind: "error", data: { code: "internal" } });
    assertEquals(problemsOf({ frames: [frame] }), ["the error is internal"]);
  });

  it("reports a stack trace", () => {
    for (
      const trace of [
        "Error: x\n    at connect (file:///a/b.ts:41:28)",
        "Error: x\n    at async b.ts:41:28\n",
        "connect@/a/b.ts:41:28",
      ]
    ) {
      assertEquals(
        problemsOf({ answers: [answer(400, trace, { "content-type": "" })] }),
        ["the answer has a stack trace"],
      );
    }
  });

  it("reports a status that doesn't fit the code, and an error that is not JSON", () => {
    assertEquals(problemsOf({ answers: [error(400, "forbidden")] }), [
      '400 with the code "forbidden"',
    ]);
    assertEquals(problemsOf({ answers: [answer(400, "oops")] }), [
      '400 with the code "none"',
    ]);
  });

  it("reports an answer that is missing or is not HTTP", () => {
    assertEquals(problemsOf({ isLate: true }), [
      "neither an answer nor an end within 20 s",
    ]);
    assertEquals(problemsOf({ noise: "x" }), ["the answer is not HTTP"]);
    assertEquals(problemsOf({ noise: "x" }, { isWhole: false }), []);
    // The body of an answer to HEAD, which only an unread head excuses.
    const headless = (status: number) => ({
      answers: [answer(status, "", { connection: "close" })],
      noise: '{"error":{}}',
    });
    const methods = { methods: ["HEAD"] };
    assertEquals(problemsOf(headless(431), methods), []);
    assertEquals(problemsOf(headless(431)).length, 2);
    assertEquals(problemsOf(headless(200), methods), [
      "the answer is not HTTP",
    ]);
  });

  it("reports what was given without a valid credential", () => {
    const first = { isAuthorized: false };
    for (
      const body of [
        '{"id":"aaaaaaaa-1","ids":["aaaaaaaa-1"]}',
        '{"messages":[]}',
        '{"jwt":"x"}',
        '{"subscribers":0}',
        '{"stopped":true}',
      ]
    ) {
      assertEquals(problemsOf({ answers: [answer(200, body)] }, first), [
        "200 without a valid credential",
      ]);
    }
    const stream = answer(200, 'data: {"kind":"data"}\n\n');
    assertEquals(
      problemsOf({ answers: [stream] }, { ...first, kind: "sse" }),
      ["200 without a valid credential"],
    );
    const refused = answer(200, 'data: {"kind":"error"}\n\n');
    assertEquals(
      problemsOf({ answers: [refused] }, { ...first, kind: "sse" }),
      [],
    );
    const plain = answer(101, "");
    assertEquals(problemsOf({ answers: [plain] }, first), [
      "101 without a valid credential",
    ]);
    assertEquals(problemsOf({ frames: [text({ kind: "ready" })] }, first), [
      '"ready" without a valid credential',
    ]);
  });

  it("reports a malformed handshake that was accepted", () => {
    const v1 = answer(101, "", { "sec-websocket-protocol": "tidings.v1" });
    const fault = "the key is malformed";
    assertEquals(problemsOf({ answers: [v1] }, { fault }), [
      `the handshake was accepted though ${fault}`,
    ]);
    assertEquals(problemsOf({ answers: [v1] }), []);
  });

  it("counts an answer by its status, its close code, or its absence", () => {
    const label = (given: Partial<Outcome>, changed: Partial<Case> = {}) =>
      judge({ ...sent, ...changed }, { ...nothing, ...given }).label;
    const open = answer(101, "");
    const frames = { kind: "frames" } as const;
    assertEquals(label({ answers: [error(404, "not_found")] }), "404");
    assertEquals(label({}), "closed without an answer");
    assertEquals(label({ isClosed: false }), "no answer");
    assertEquals(
      label({ answers: [open], frames: [close(4429)] }, frames),
      "close 4429",
    );
    assertEquals(label({ answers: [open] }, frames), "closed without a code");
  });
});

describe("OutputWatch", () => {
  function problemsOf(...lines: string[]): readonly string[] {
    const watch = new OutputWatch();
    for (const line of lines) watch.line(line);
    return watch.problems;
  }

  it("is content with what a gateway prints", () => {
    assertEquals(
      problemsOf(
        "Tidings 0.1.0 on Node 26.0.0 listens on http://127.0.0.1:8787",
        "10:00:00.000 INF tidings·gateway the broker is available again",
        `Refused with 4400: Cannot use the channel (channel: ${
          "a".repeat(255)
        })`,
      ),
      [],
    );
  });

  it("reports keys and tokens, without repeating them", () => {
    const key = `signkey-test-${"0123456789abcdef".repeat(4)}`;
    const token = "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJ0aWRpbmdzIn0.abc";
    assertEquals(problemsOf(`refused ${key}`, `GET /sse?token=${token}`), [
      "the gateway printed the signing key",
      "the gateway printed a token",
    ]);
  });

  it("reports errors that nobody handled, each once", () => {
    for (
      const line of [
        "error: Uncaught (in promise) Error: x",
        "[Unhandled Rejection] x",
        "TypeError: undefined is not an object",
        '10:00:00.000 ERR tidings·gateway "GET /x" failed: Error: x',
        "    at connect (file:///a/b.ts:41:28)",
      ]
    ) {
      const later = line.replace("10:00:00.000", "10:00:00.001");
      assertEquals(problemsOf(line, later).length, 1, line);
    }
  });
});
