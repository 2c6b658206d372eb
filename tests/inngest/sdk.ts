/**
 * Helpers of the tests of Inngest's SDKs.
 *
 * @module
 */

import process from "node:process";

/** The id of a run, which is a ULID. */
export const RUN_ID = "01JNGVNB7BJVRCZWTBF8G73BPJ";

/** The variables by which Inngest's SDKs find a server or a key. Any of them may be set on a machine. */
const VARIABLES = [
  "INNGEST_API_BASE_URL",
  "INNGEST_BASE_URL",
  "INNGEST_DEV",
  "INNGEST_ENV",
  "INNGEST_SIGNING_KEY",
  "INNGEST_SIGNING_KEY_FALLBACK",
] as const;

/** Values for the variables that Inngest's SDKs read. A variable without a value is unset. */
export type Environment = Readonly<
  Partial<Record<typeof VARIABLES[number], string>>
>;

/** Calls `fn` while the SDKs' variables have exactly these values, and restores the earlier values. */
export async function withEnvironment<T>(
  environment: Environment,
  fn: () => T | Promise<T>,
): Promise<T> {
  const before = VARIABLES.map((name) => [name, process.env[name]] as const);
  for (const name of VARIABLES) setVariable(name, environment[name]);
  try {
    return await fn();
  } finally {
    for (const [name, value] of before) setVariable(name, value);
  }
}

function setVariable(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}

/**
 * Reserves the global for the async context of Inngest's SDK for one major version. Versions 3 and 4 store different values under one
 * name and break each other in one process, and Bun's test runner uses one process for all files.
 *
 * @returns A function that restores the earlier value.
 */
export function ownAsyncContext(): () => void {
  const name = Symbol.for("inngest:als");
  const before = Reflect.get(globalThis, name);
  Reflect.deleteProperty(globalThis, name);
  return () => {
    Reflect.set(globalThis, name, before);
  };
}

/** A logger for clients of Inngest's SDKs that prints nothing about failures that a test causes on purpose. */
export const SILENT = { info() {}, warn() {}, error() {}, debug() {} };

/** Makes a unique name. */
export function uniqueName(prefix: string): string {
  return `${prefix}:${crypto.randomUUID()}`;
}

/** Makes a signing key that the gateway does not have. */
export function otherSigningKey(): string {
  return `signkey-test-${"0f".repeat(32)}`;
}

/** Reads `count` items, or fewer if the stream ends before. */
export async function take<T>(
  stream: ReadableStream<T>,
  count: number,
): Promise<T[]> {
  const items: T[] = [];
  const reader = stream.getReader();
  try {
    while (items.length < count) {
      const { done, value } = await reader.read();
      if (done) break;
      items.push(value);
    }
  } finally {
    reader.releaseLock();
  }
  return items;
}

/** Reads a stream to its end. A subscription ends when its connection has closed. */
export async function drain<T>(stream: ReadableStream<T>): Promise<T[]> {
  return await take(stream, Infinity);
}

/** Collects the arguments of a callback, to be awaited one by one. */
export interface Inbox<T> {
  put(item: T): void;
  next(): Promise<T>;
}

/** Makes an empty collection. */
export function createInbox<T>(): Inbox<T> {
  const items: T[] = [];
  const waiting: ((item: T) => void)[] = [];
  return {
    put(item) {
      const resolve = waiting.shift();
      if (resolve) resolve(item);
      else items.push(item);
    },
    next() {
      return new Promise((resolve) => {
        if (items.length > 0) resolve(items.shift() as T);
        else waiting.push(resolve);
      });
    },
  };
}

/** Calls `fn` while the SDKs' errors about failures that a test causes on purpose are not printed. */
export async function withoutErrorLog<T>(fn: () => Promise<T>): Promise<T> {
  const print = console.error;
  console.error = () => {};
  try {
    return await fn();
  } finally {
    console.error = print;
  }
}

/** Calls a function of an Inngest app once, as Inngest's executor does over HTTP. */
export async function runFunction(
  handler: (request: Request) => Promise<Response>,
  id: string,
): Promise<unknown> {
  const event = { name: "test/run", data: {} };
  const response = await handler(
    new Request(`http://app.test/api/inngest?fnId=${id}&stepId=step`, {
      method: "POST",
      // The adapter builds its own URL from this header.
      headers: { "content-type": "application/json", host: "app.test" },
      body: JSON.stringify({
        version: 1,
        event,
        events: [event],
        steps: {},
        use_api: false,
        ctx: {
          run_id: RUN_ID,
          attempt: 0,
          disable_immediate_execution: false,
          use_api: false,
          stack: { stack: [], current: 0 },
        },
      }),
    }),
  );
  const answer = await response.json();
  if (response.status >= 400) {
    throw new Error(`The function failed: ${JSON.stringify(answer)}`);
  }
  return answer;
}
