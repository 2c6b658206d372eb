/**
 * What the tests of Inngest's SDKs share.
 *
 * @module
 */

import process from "node:process";

/** A run's id, in the form that Inngest gives it: a ULID. */
export const RUN_ID = "01JNGVNB7BJVRCZWTBF8G73BPJ";

/** Every variable by which Inngest's SDKs find a server or a key; a machine may have any of them set. */
const VARIABLES = [
  "INNGEST_API_BASE_URL",
  "INNGEST_BASE_URL",
  "INNGEST_DEV",
  "INNGEST_ENV",
  "INNGEST_SIGNING_KEY",
  "INNGEST_SIGNING_KEY_FALLBACK",
] as const;

/** Values of the variables that Inngest's SDKs read; one that is absent is unset. */
export type Environment = Readonly<
  Partial<Record<typeof VARIABLES[number], string>>
>;

/** Runs `fn` while the SDKs' variables have exactly these values, and puts back the ones before. */
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
 * Gives a major version of Inngest's SDK the global in which it keeps its async context: versions 3 and 4 keep
 * different things under one name and break each other in one process, which Bun's test runner uses for all files.
 *
 * @returns Puts back what was there.
 */
export function ownAsyncContext(): () => void {
  const name = Symbol.for("inngest:als");
  const before = Reflect.get(globalThis, name);
  Reflect.deleteProperty(globalThis, name);
  return () => {
    Reflect.set(globalThis, name, before);
  };
}

/** A name that no other test uses. */
export function uniqueName(prefix: string): string {
  return `${prefix}:${crypto.randomUUID()}`;
}

/** A signing key that the gateway doesn't have. */
export function otherSigningKey(): string {
  return `signkey-test-${"0f".repeat(32)}`;
}

/** Reads `count` items, fewer if the stream ends before. */
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

/** Reads a stream to its end: for a subscription, until its connection has closed. */
export async function drain<T>(stream: ReadableStream<T>): Promise<T[]> {
  return await take(stream, Infinity);
}

/** Collects what a callback is given, to be awaited one by one. */
export interface Inbox<T> {
  put(item: T): void;
  next(): Promise<T>;
}

/** Makes an empty inbox. */
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

/** Runs `fn` without the errors that the SDKs print about failures that a test makes on purpose. */
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
      // The adapter builds its own URL from it.
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
