import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { checkTypes } from "../support/types/type_check.ts";

/** Resolves `inngest` as in an app that has version 3. */
const VERSION_3 = { inngest: "node_modules/inngest-v3" };

/** Type-checks a program and returns the errors. */
function problemsOf(
  program: string,
  paths: Record<string, string> = {},
): string[] {
  const file = "tests/middleware/program.ts";
  return checkTypes({ sources: { [file]: program }, paths })
    .filter((problem) => problem.file === file)
    .map(({ message }) => message);
}

const ROUTE = `
import { tokenRoute } from "@tidings/realtime/middleware";
export const POST = tokenRoute({ authorize: () => false });
// Next.js checks a route's handler like this.
type Input = Parameters<typeof POST>[0];
export const isRequest: Input extends Request ? true : false = true;
`;

/** Checks the arguments of a function with the middleware, in both majors. */
const BODY = `{
  const isAny: 0 extends 1 & typeof publish ? true : false = false;
  const work = await step.run("work", () => ({
    at: new Date(), list: [1, undefined], name: "x" as string | undefined, call() {},
  }));
  const at: string = work.at;
  const list: (number | null)[] = work.list;
  const name: string | undefined = work.name;
  // @ts-expect-error JSON has no functions
  work.call;
  const { id } = await publish({ channel: "user:1", topic: "ai", data: 1 });
  const text: string = id;
  await publish(users("1").ai({ response: "hi" }));
  await publish(users("1").ai, { response: "hi" });
  // @ts-expect-error a wrong payload
  await publish(users("1").ai, { response: 1 });
  // @ts-expect-error a message without its data
  await publish({ channel: "user:1", topic: "ai" });
  const event_: string = event.name;
  return { isAny, at, list, name, text, event_ };
}`;

const HEAD = `
import { Inngest } from "inngest";
import { channel, topic } from "@tidings/realtime";
import { realtimeMiddleware } from "@tidings/realtime/middleware";

const users = channel((id: string) => \`user:\${id}\`)
  .addTopic(topic("ai").type<{ response: string }>());
const inngest = new Inngest({ id: "app", middleware: [realtimeMiddleware()] });
`;

describe("the types of realtimeMiddleware()", () => {
  it("give functions of inngest 4 a typed `publish`, and change nothing else", () => {
    assertEquals(
      problemsOf(`${HEAD}
        export const fn = inngest.createFunction(
          { id: "fn", triggers: [{ event: "test/run" }] },
          async ({ event, step, publish }) => ${BODY},
        );`),
      [],
    );
  });

  it("give functions of inngest 3 a typed `publish`, and change nothing else", () => {
    assertEquals(
      problemsOf(
        `${HEAD}
        export const fn = inngest.createFunction(
          { id: "fn" }, { event: "test/run" },
          async ({ event, step, publish }) => ${BODY},
        );`,
        VERSION_3,
      ),
      [],
    );
  });

  it("need one declaration if an app has no inngest and checks the source of this package", () => {
    const sources = {
      "tests/middleware/program.ts": ROUTE,
      "tests/middleware/inngest.d.ts": 'declare module "inngest";',
    };
    assertEquals(checkTypes({ sources }), []);
  });

  it("include the namespace Realtime, which apps of inngest 3 import from there", () => {
    assertEquals(
      problemsOf(`
        import { Realtime } from "@tidings/realtime/middleware";
        import { Realtime as Same } from "@tidings/realtime";
        export const publish: Realtime.PublishFn = null as unknown as Same.PublishFn;
        export type Input = Realtime.Message.Input;
        export const value: object = Realtime;
        // @ts-expect-error the namespace has no such type
        export type None = Realtime.None;
      `),
      [],
    );
  });

  it("let topics of channels be published by the functions of inngest 4's client", () => {
    assertEquals(
      problemsOf(`${HEAD}
        inngest.createFunction(
          { id: "fn", triggers: [{ event: "test/run" }] },
          async ({ step }) => {
            const result = await step.realtime.publish("id", users("1").ai, { response: "hi" });
            const text: string = result.response;
            await inngest.realtime.publish(users("1").ai, { response: text });
            // @ts-expect-error a channel is no topic
            await inngest.realtime.publish(users("1"), { response: "hi" });
          },
        );`),
      [],
    );
  });

  it("do not change the results of functions and steps of inngest 4", () => {
    const value = `{
      text: "a", count: 1, none: null, at: new Date(), maybe: "a" as "a" | undefined,
      optional: {} as { a?: number; b: { c: Date[] } }, pair: [1, "a"] as [number, string],
      map: new Map([[1, 2]]), call: () => 1, anything: JSON.parse("1"), unknown: 1 as unknown,
    }`;
    assertEquals(
      problemsOf(`
        import { type GetFunctionOutput, Inngest } from "inngest";
        import { realtimeMiddleware } from "@tidings/realtime/middleware";

        type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
        type Flat<T> = T extends (infer E)[] ? number extends T["length"] ? Flat<E>[] : { [K in keyof T]: Flat<T[K]> }
          : T extends object ? { [K in keyof T]: Flat<T[K]> } : T;

        const options = { id: "fn", triggers: [{ event: "test/run" }] };
        const ours = new Inngest({ id: "app", middleware: [realtimeMiddleware()] })
          .createFunction(options, async ({ step }) => await step.run("a", () => (${value})));
        const theirs = new Inngest({ id: "app" })
          .createFunction(options, async ({ step }) => await step.run("a", () => (${value})));
        type Ours = Flat<GetFunctionOutput<typeof ours>>;
        type Theirs = Flat<GetFunctionOutput<typeof theirs>>;
        export const keys: Same<keyof Ours, keyof Theirs> = true;
        type Differing = { [K in keyof Ours & keyof Theirs]: Same<Ours[K], Theirs[K]> extends true ? never : K }[keyof Ours & keyof Theirs];
        export const none: Same<Differing, never> = true;
      `),
      [],
    );
  });

  it("report the errors of a wrong program", () => {
    assertEquals(
      problemsOf(`${HEAD}
        inngest.createFunction(
          { id: "fn", triggers: [{ event: "test/run" }] },
          async ({ publish }) => { await publish(1); },
        );`).length,
      1,
    );
  });
});
