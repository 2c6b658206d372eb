import { STATUS_OF_CODE } from "../../core/protocol/http_status.ts";
import type { Answer, GatewayFrame } from "./answers.ts";
import type { Case } from "./case.ts";
import type { Outcome } from "./exchange.ts";

/** How a case counts, and what is wrong with it. */
export interface Verdict {
  /** The answer in a few words, for the counts. */
  readonly label: string;
  /** The broken promises. */
  readonly problems: readonly string[];
}

/** A line of a stack trace, in the form of V8 and of JavaScriptCore. */
export const STACK_TRACE =
  /^\s*at .*(:\d+:\d+|native)\)?\s*$|^\w*@.*:\d+:\d+$/m;

/**
 * The statuses above 500 that are no failure: 501 and 505 name the method, the coding or the version that a runtime doesn't
 * implement; the gateway itself may say 503.
 */
const HONEST = [501, 503, 505];

/** The close codes with which the gateway says that it failed. */
const FAILED = [1011, 1012];

/** Kinds of frames that only a client with a valid token may receive. */
const GRANTED = ["ready", "ack", "data", "chunk", "datastream-start"];

const TEXT = 1;
const CLOSE = 8;

/** Judges what came back for a case. */
export function judge(sent: Case, outcome: Outcome): Verdict {
  return {
    label: labelOf(sent, outcome),
    problems: [
      ...outcome.isLate ? ["neither an answer nor an end within 20 s"] : [],
      ...outcome.noise !== undefined && sent.isWhole &&
          !isUnreadHead(sent, outcome)
        ? ["the answer is not HTTP"]
        : [],
      ...outcome.answers.flatMap((answer) => problemsOf(sent, answer)),
      ...outcome.frames.flatMap((frame) => frameProblems(sent, frame)),
    ],
  };
}

/**
 * Tells whether the noise is the body of an answer to `HEAD`. Node says that a head is too large before it knows the method, and ends the
 * connection.
 */
function isUnreadHead(sent: Case, { answers, noise }: Outcome): boolean {
  const last = answers.at(-1);
  return sent.methods.includes("HEAD") && last?.status === 431 &&
    last.headers.get("connection") === "close" &&
    noise?.startsWith('{"error":') === true;
}

/** The codes of statuses that say more than their code: the version of a handshake is wrong, a head is too slow or too large. */
const CODE_OF_SPECIAL: Readonly<Record<number, string>> = {
  408: "invalid_data",
  426: "invalid_argument",
  431: "too_large",
};

function problemsOf(sent: Case, answer: Answer): string[] {
  const { status, headers, body } = answer;
  const problems: string[] = [];
  const isJson = headers.get("content-type")?.startsWith("application/json");
  const { code, isError } = isJson ? errorOf(answer) : {};
  if (status >= 500 && !HONEST.includes(status)) {
    problems.push(`the answer is ${status}`);
  }
  if (status === 503 && code !== "unavailable") {
    problems.push("the answer is 503 without a reason");
  }
  if (STACK_TRACE.test(body)) problems.push("the answer has a stack trace");
  if (
    isError && answer.isComplete && sent.isWhole &&
    !sent.methods.includes("HEAD")
  ) {
    const expected = STATUS_OF_CODE[code as keyof typeof STATUS_OF_CODE];
    if (expected !== status && code !== CODE_OF_SPECIAL[status]) {
      problems.push(`${status} with the code "${code}"`);
    }
  }
  if (status === 101 && sent.fault !== undefined) {
    problems.push(`the handshake was accepted though ${sent.fault}`);
  }
  if (!sent.isAuthorized && isGranted(sent, answer)) {
    problems.push(`${status} without a valid credential`);
  }
  return problems;
}

function errorOf(
  { status, body, isComplete }: Answer,
): { code?: unknown; isError?: boolean } {
  if (status < 400 || !isComplete) return {};
  try {
    const { error } = Object(JSON.parse(body));
    // The state at /health is no error, also when it is 503.
    return error === undefined
      ? { code: "unavailable" }
      : { code: error.code, isError: true };
  } catch {
    return { code: "none", isError: true };
  }
}

/** Tells whether an answer gives or does what needs a credential. */
function isGranted({ kind }: Case, { status, headers, body }: Answer): boolean {
  // A plain client's WebSocket opens with a valid token only, a client of tidings.v1 may present it later.
  if (status === 101) {
    return headers.get("sec-websocket-protocol") !== "tidings.v1";
  }
  if (status < 200 || status > 299 || status === 204) return false;
  if (kind === "sse" || body.includes("data: ")) {
    return !/^data: \{"kind":"(error|closing)"/m.test(body) && body !== "";
  }
  return /"(ids?|messages|jwt|open|stopped|subscribers|subscriptions)":/
    .test(body) && !body.startsWith('{"error"');
}

function frameProblems(
  sent: Case,
  { opcode, payload }: GatewayFrame,
): string[] {
  if (opcode === CLOSE) {
    const code = closeCode(payload);
    return FAILED.includes(code) ? [`the close code is ${code}`] : [];
  }
  if (opcode !== TEXT) return [];
  return payload.split("\n").flatMap((line) => {
    const { kind, data } = objectOf(line);
    const problems: string[] = [];
    if (kind === undefined && sent.kind === "frames") {
      // A piece of a tee is passed on as it is, to plain clients only.
      return [];
    }
    if (kind === "error" && Object(data).code === "internal") {
      problems.push("the error is internal");
    }
    if (STACK_TRACE.test(String(Object(data).message ?? ""))) {
      problems.push("an error has a stack trace");
    }
    if (!sent.isAuthorized && GRANTED.includes(String(kind))) {
      problems.push(`"${kind}" without a valid credential`);
    }
    return problems;
  });
}

function objectOf(line: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(line));
  } catch {
    // A plain client receives pieces of a tee, which are any text.
    return {};
  }
}

function closeCode(payload: string): number {
  return payload.length < 2
    ? 1005
    : payload.charCodeAt(0) * 256 + payload.charCodeAt(1);
}

function labelOf({ kind }: Case, outcome: Outcome): string {
  const { answers, noise, frames, isClosed } = outcome;
  const last = answers.at(-1);
  if (noise !== undefined) return "not HTTP";
  if (last === undefined) {
    return isClosed ? "closed without an answer" : "no answer";
  }
  if (last.status === 101 && kind === "frames") {
    const close = frames.find(({ opcode }) => opcode === CLOSE);
    if (close) return `close ${closeCode(close.payload)}`;
    const error = frames.map(({ payload }) =>
      objectOf(payload.split("\n")[0] ?? "")
    )
      .find((object) => object.kind === "error");
    if (isClosed) return "closed without a code";
    return error ? `error ${Object(error.data).code}` : "open";
  }
  return String(last.status);
}
