import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
} from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { chatAnswer } from "../../ai.ts";
import { AnswerDecoder } from "../../ai/answer_lines.ts";
import { channel } from "../../core/channel/channel.ts";
import { createRealtime } from "../../core/app/create_realtime.ts";
import { subscribe } from "../../core/subscribe/subscribe.ts";
import { topic } from "../../core/channel/topic.ts";
import { MemoryBroker } from "../../server/mod.ts";
import { ownAsyncContext, uniqueName } from "../inngest/sdk.ts";
import { streamOf, textAnswer } from "../support/ai/chat_app.ts";
import { startGateway, type TestGateway } from "../support/gateway/gateway.ts";
import {
  executeRun,
  FUNCTION_ID,
  newRunId,
  type RunOptions,
  type RunOutcome,
} from "./executor.ts";
import { describeLifecycle } from "./lifecycle_suite.ts";
import { readHistory } from "./history.ts";
import type { HandlerArgs, Major } from "./majors.ts";

const userChannel = channel((id: string) => id)
  .addTopic(topic("ai").type<{ response: string }>());

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Describes publishing inside functions, for one major of Inngest's SDK. */
export function describeMajor(major: Major): void {
  describe(`realtimeMiddleware() with ${major.name}`, () => {
    let gateway: TestGateway;
    let restore: () => void;

    beforeAll(async () => {
      restore = ownAsyncContext();
      gateway = await startGateway();
    });

    afterAll(async () => {
      await gateway.close();
      restore();
    });

    async function run(
      handler: (args: HandlerArgs) => unknown,
      options: Partial<RunOptions> = {},
    ): Promise<RunOutcome> {
      const serve = major.serve(
        { url: gateway.url, signingKey: gateway.signingKey },
        handler,
      );
      return await executeRun(serve, {
        functionId: "app-fn",
        internalId: FUNCTION_ID,
        runId: newRunId(),
        ...options,
      });
    }

    async function published(name: string): Promise<unknown[]> {
      return (await readHistory(gateway, name)).map(({ data }) => data);
    }

    it("publishes in a step, with the ids of the run and the function", async () => {
      const name = uniqueName("user");
      const runId = newRunId();
      const outcome = await run(async ({ step, publish }) => {
        return await step.run("work", async () => {
          const { id } = await publish({
            channel: name,
            topic: "ai",
            data: { response: "hi" },
          });
          return id;
        });
      }, { runId });

      const [message] = await readHistory(gateway, name);
      assertEquals(outcome.output, message?.id);
      assertEquals(message?.topic, "ai");
      assertEquals(message?.data, { response: "hi" });
      assertEquals(message?.run_id, runId);
      assertEquals(message?.fn_slug, "app-fn");
      assertEquals(message?.fn_id, FUNCTION_ID);
    });

    it("publishes typed messages, also to a typed topic", async () => {
      const name = uniqueName("user");
      await run(async ({ step, publish }) => {
        await step.run("work", async () => {
          await publish(userChannel(name).ai({ response: "one" }));
          await publish(userChannel(name).ai, { response: "two" });
        });
      });
      assertEquals(await published(name), [
        { response: "one" },
        { response: "two" },
      ]);
    });

    it("publishes in the order of the calls what a step doesn't await", async () => {
      const name = uniqueName("user");
      const numbers = Array.from({ length: 20 }, (_, number) => number);
      await run(async ({ step, publish }) => {
        await step.run("work", async () => {
          await Promise.all(
            numbers.map((data) =>
              publish({ channel: name, topic: "ai", data })
            ),
          );
        });
      });
      assertEquals(await published(name), numbers);
    });

    it("does not repeat the messages of a failed attempt of a step", async () => {
      const name = uniqueName("user");
      const outcome = await run(async ({ step, publish, attempt }) => {
        await step.run("work", async () => {
          for (const data of ["one", "two", "three"]) {
            await publish({ channel: name, topic: "ai", data });
            if (data === "two" && attempt === 0) throw new Error("Not yet");
          }
        });
        return "done";
      });
      assertEquals(outcome.output, "done");
      assertEquals(await published(name), ["one", "two", "three"]);
    });

    it("does not repeat messages and streams in retries that Inngest spreads over 5 minutes", async () => {
      // The seconds at which the attempts of a step began, by Inngest's own delays.
      const begins = [1, 43, 93, 170, 312];
      const now = Date.now;
      let ms = 0;
      Date.now = () => now() + ms;
      const broker = new MemoryBroker({ historyTtl: 3600, now: () => ms });
      const own = await startGateway({ broker });
      try {
        const name = uniqueName("user");
        const serve = major.serve(own, async ({ step, publish, attempt }) => {
          await step.run("work", async () => {
            await publish({ channel: name, topic: "ai", data: "one" });
            const data = async function* () {
              yield await Promise.resolve("two");
            };
            await publish({ channel: name, topic: "ai", data });
            if (attempt < 4) throw new Error("Not yet");
          });
          return "done";
        });
        let attempt = 0;
        const outcome = await executeRun(serve, {
          functionId: "app-fn",
          runId: newRunId(),
          maxAttempts: begins.length,
          onRequest() {
            ms = (begins[attempt++] ?? 312) * 1000;
          },
        });
        assertEquals(outcome.output, "done");
        assertEquals(
          (await readHistory(own, name)).map(({ kind }) => kind),
          ["data", "datastream-start", "chunk", "datastream-end"],
        );
      } finally {
        Date.now = now;
        await own.close();
      }
    });

    it("counts the messages of each step separately", async () => {
      const name = uniqueName("user");
      await run(async ({ step, publish }) => {
        for (const data of ["one", "two"]) {
          // Inngest numbers a second step with the same id.
          await step.run(
            "work",
            () => publish({ channel: name, topic: "ai", data }),
          );
        }
      });
      assertEquals(await published(name), ["one", "two"]);
    });

    it("publishes the same message again in another run", async () => {
      const name = uniqueName("user");
      for (let i = 0; i < 2; i++) {
        await run(async ({ step, publish }) => {
          await step.run(
            "work",
            () => publish({ channel: name, topic: "ai", data: "hi" }),
          );
        });
      }
      assertEquals(await published(name), ["hi", "hi"]);
    });

    it("makes a publish outside of steps a step of its own, so that a replay publishes nothing", async () => {
      const name = uniqueName("user");
      const ids: string[] = [];
      let calls = 0;
      const outcome = await run(async ({ step, publish, attempt }) => {
        calls++;
        const first = await publish({ channel: name, topic: "ai", data: 1 });
        const second = await publish(userChannel(name).ai, { response: "2" });
        await step.run("work", () => "work");
        ids.push(first.id, second.id);
        if (attempt === 0) throw new Error("Not yet");
        return "done";
      });
      assertEquals(outcome.output, "done");
      assertEquals(await published(name), [1, { response: "2" }]);
      assert(calls > 1, "the function was replayed");
      // Every replay gets the ids of the first publications.
      const log = await readHistory(gateway, name);
      assertEquals([...new Set(ids)], log.map(({ id }) => id));
    });

    it("does not mistake a parallel branch for a part of the executing step", async () => {
      const name = uniqueName("user");
      const outcome = await run(async ({ step, publish }) => {
        const started = Promise.withResolvers<void>();
        const published = Promise.withResolvers<void>();
        await Promise.all([
          step.run("slow", async () => {
            await publish({ channel: name, topic: "ai", data: "inside" });
            started.resolve();
            // The branch does not get here before this request ends.
            await Promise.race([published.promise, delay(100)]);
          }),
          (async () => {
            // A replay does not execute the step.
            await Promise.race([started.promise, delay(20)]);
            await publish({ channel: name, topic: "ai", data: "outside 1" });
            await publish({ channel: name, topic: "ai", data: "outside 2" });
            published.resolve();
          })(),
        ]);
        return "done";
      });
      assertEquals(outcome.output, "done");
      assertEquals((await published(name)).sort(), [
        "inside",
        "outside 1",
        "outside 2",
      ]);
    });

    it("publishes once from each of several parallel steps", async () => {
      const name = uniqueName("user");
      await run(async ({ step, publish }) => {
        await Promise.all(["a", "b", "c"].map((id) =>
          step.run(
            id,
            () => publish({ channel: name, topic: "ai", data: id }),
          )
        ));
      });
      assertEquals((await published(name)).sort(), ["a", "b", "c"]);
    });

    it("retries a publish outside of steps as a step", async () => {
      const name = uniqueName("user");
      const outcome = await run(async ({ publish, attempt }) => {
        await publish({
          channel: name,
          topic: "ai",
          // The first attempt is too large.
          data: "x".repeat(attempt === 0 ? 600 * 1024 : 1),
        });
        return "done";
      });
      assertEquals(outcome.output, "done");
      assertEquals(await published(name), ["x"]);
    });

    it("fails the run with the gateway's reason after the last attempt", async () => {
      const outcome = await run(async ({ step, publish }) => {
        await step.run(
          "work",
          () => publish({ channel: "", topic: "ai", data: 1 }),
        );
      }, { maxAttempts: 2 });
      assertEquals(outcome.status, "failed");
      assertMatch(
        JSON.stringify(outcome.output),
        /names are 1 to 255 bytes/,
      );
    });

    it("prefers the app's own key to the step's", async () => {
      const name = uniqueName("user");
      await run(async ({ step, publish, attempt }) => {
        await step.run("work", async () => {
          await publish({ channel: name, topic: "ai", data: attempt }, {
            key: `attempt-${attempt}`,
          });
          if (attempt === 0) throw new Error("Not yet");
        });
      });
      assertEquals(await published(name), [0, 1]);
    });

    it("takes a key that is undefined for none", async () => {
      const name = uniqueName("user");
      await run(async ({ step, publish, attempt }) => {
        await step.run("work", async () => {
          const options = { key: undefined, runId: undefined };
          await publish({ channel: name, topic: "ai", data: "one" }, options);
          if (attempt === 0) throw new Error("Not yet");
        });
      });
      assertEquals(await published(name), ["one"]);
    });

    it("publishes a data stream in a step", async () => {
      const name = uniqueName("user");
      await run(async ({ step, publish }) => {
        await step.run("answer", async () => {
          const { streamId } = await publish({
            channel: name,
            topic: "ai",
            data: new Blob(["Hello, ", "wörld"]).stream()
              .pipeThrough(new TextDecoderStream()),
          });
          assertNotEquals(streamId, undefined);
        });
      });
      const log = await readHistory(gateway, name);
      assertEquals(log.at(0)?.kind, "datastream-start");
      assertEquals(log.at(-1)?.kind, "datastream-end");
      const text = log.filter(({ kind }) => kind === "chunk")
        .map(({ data }) => data).join("");
      assertEquals(text, "Hello, wörld");
      assertMatch(String(log[0]?.run_id), /^01JNGVNB7BJVRCZWTBF8G7/);
    });

    it("publishes a data stream outside of steps once, and cancels the streams that replays make", async () => {
      const name = uniqueName("user");
      let open = 0;
      let made = 0;
      await run(async ({ step, publish, attempt }) => {
        made++;
        open++;
        await publish({
          channel: name,
          topic: "ai",
          data: new ReadableStream({
            pull(controller) {
              controller.enqueue("hi");
              controller.close();
              open--;
            },
            cancel() {
              open--;
            },
          }, { highWaterMark: 0 }),
        });
        await step.run("work", () => "work");
        if (attempt === 0) throw new Error("Not yet");
      });
      assert(made > 1, "the function was replayed");
      const log = await readHistory(gateway, name);
      const starts = log.filter(({ kind }) => kind === "datastream-start");
      assertEquals(starts.length, 1);
      assertEquals(open, 0);
    });

    it("calls a function for a stream outside of steps once", async () => {
      const name = uniqueName("user");
      let made = 0;
      let calls = 0;
      await run(async ({ step, publish, attempt }) => {
        made++;
        await publish(userChannel(name).ai, async function* () {
          calls++;
          yield await Promise.resolve({ response: "hi" });
        });
        await step.run("work", () => "work");
        if (attempt === 0) throw new Error("Not yet");
      });
      assert(made > 1, "the function was replayed");
      assertEquals(calls, 1);
    });

    it("publishes the answer of a chat once, though its step is retried", async () => {
      const chatId = uniqueName("chat");
      let calls = 0;
      const outcome = await run(async ({ step, publish, attempt }) => {
        await step.run("answer", async () => {
          const answer = chatAnswer(chatId, () => {
            calls++;
            return streamOf(textAnswer("a1", "The tide ", "rises"));
          });
          await publish(answer);
          if (attempt === 0) throw new Error("The process ended");
        });
        return "done";
      });
      assertEquals([outcome.output, calls], ["done", 1]);
      const log = await readHistory(gateway, `chat:${chatId}`);
      assertEquals(
        log.map(({ kind }) => kind),
        ["datastream-start", "chunk", "datastream-end"],
      );
      assertEquals(
        new AnswerDecoder().push(String(log[1]?.data)),
        textAnswer("a1", "The tide rises"),
      );
    });

    it("does not repeat a stream when its step is retried, unless the stream failed", async () => {
      const name = uniqueName("user");
      let calls = 0;
      await run(async ({ step, publish, attempt }) => {
        await step.run("answer", async () => {
          const data = async function* () {
            calls++;
            yield `attempt ${attempt}`;
            await Promise.resolve();
            if (attempt === 0) throw new Error("No model");
          };
          await publish({ channel: name, topic: "ai", data });
          if (attempt < 3) throw new Error("Not yet");
        });
      });
      assertEquals(calls, 2);
      const log = await readHistory(gateway, name);
      assertEquals(
        log.map(({ kind, data }) => kind === "chunk" ? data : kind),
        [
          "datastream-start",
          "attempt 0",
          "datastream-end",
          "datastream-start",
          "attempt 1",
          "datastream-end",
        ],
      );
    });

    it("replaces the stream that an earlier attempt of its step left open, where other streams are refused or stopped", async () => {
      for (const otherStreams of ["refuse", "replace"] as const) {
        const name = uniqueName("user");
        const starts: unknown[] = [];
        let left: Promise<unknown> | undefined;
        const outcome = await run(async ({ step, publish, attempt }) => {
          await step.run("answer", async () => {
            const started = Promise.withResolvers<void>();
            const published = publish({
              channel: name,
              topic: "ai",
              data: async function* (signal: AbortSignal) {
                yield `attempt ${attempt}`;
                if (attempt > 0) return;
                await new Promise((resolve) =>
                  signal.addEventListener("abort", resolve)
                );
              },
            }, {
              otherStreams,
              onStart({ id }) {
                starts.push(id);
                started.resolve();
              },
            });
            if (attempt > 0) return await published;
            left = published.catch((error) => error.code);
            await started.promise;
            throw new Error("The process ended");
          });
          return "done";
        });
        assertEquals([outcome.output, await left], ["done", "stream_ended"]);
        const log = await readHistory(gateway, name);
        const begun = log.filter(({ kind }) => kind === "datastream-start");
        assertEquals(begun.map(({ id }) => id), starts);
        assertEquals(begun.length, 2);
        const ends = log.filter(({ kind }) => kind === "datastream-end");
        assertEquals(
          ends.map(({ metadata }) => Object(metadata).error?.code),
          ["producer_lost", undefined],
        );
      }
    });

    it("publishes in a retry of the step a stream that was refused because of another one", async () => {
      const name = uniqueName("user");
      const app = createRealtime(gateway);
      const [started, more] = [
        Promise.withResolvers<void>(),
        Promise.withResolvers<void>(),
      ];
      const other = app.publish({
        channel: name,
        topic: "ai",
        data: async function* () {
          await more.promise;
          yield "other";
        },
      }, { onStart: () => started.resolve() });
      await started.promise;
      const refusals: unknown[] = [];
      let calls = 0;
      const outcome = await run(async ({ step, publish, attempt }) => {
        await step.run("answer", async () => {
          if (attempt > 0) {
            more.resolve();
            await other;
          }
          const data = async function* () {
            calls++;
            yield await Promise.resolve("own");
          };
          const message = { channel: name, topic: "ai", data };
          try {
            await publish(message, { otherStreams: "refuse" });
          } catch (error) {
            refusals.push(Object(error).code);
            throw error;
          }
        });
        return "done";
      });
      assertEquals(outcome.output, "done");
      assertEquals([refusals, calls], [["stream_open"], 1]);
      const log = await readHistory(gateway, name);
      assertEquals(
        log.filter(({ kind }) => kind === "chunk").map(({ data }) => data),
        ["other", "own"],
      );
    });

    it("passes a stream's function a signal that aborts when a reader stops the stream", async () => {
      const name = uniqueName("user");
      const realtime = createRealtime(gateway);
      await using subscription = await subscribe({
        app: realtime,
        channel: userChannel(name),
        topics: ["ai"],
        stop: [{ channel: name, topic: "ai" }],
      });
      const stopping = (async () => {
        for await (const message of subscription) {
          if (message.kind === "chunk") return await subscription.stop(message);
        }
      })();
      const outcome = await run(async ({ step, publish }) => {
        return await step.run("answer", async () => {
          const { stopped } = await publish(
            userChannel(name).ai,
            async function* (signal) {
              yield { response: "hi" };
              await new Promise((resolve) =>
                signal.addEventListener("abort", resolve)
              );
            },
          );
          return stopped;
        });
      });
      assertEquals(await stopping, true);
      assertEquals(outcome.output, true);
      const log = await readHistory(gateway, name);
      assertEquals(log.at(-1)?.metadata, { stopped: true });
      assertMatch(String(log.at(-1)?.run_id), /^01JNGVNB7BJVRCZWTBF8G7/);
    });

    describeLifecycle(major, () => gateway);
  });
}
