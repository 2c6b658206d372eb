/** Tests of the types of traces. This file is never run. */
import {
  createRealtime,
  type Realtime,
  subscribe,
  traceMessage,
} from "../../mod.ts";
import {
  type Equal,
  type Expect,
  type IsAny,
  value,
} from "../support/types/type_assertions.ts";

const app = createRealtime({
  traceChannel: (name) => name.startsWith("user:") ? "user:{id}" : undefined,
});

// @ts-expect-error A template is a text.
createRealtime({ traceChannel: () => 1 });

for await (
  const message of await subscribe({ app, channel: "c", topics: ["t"] })
) {
  const now = traceMessage(message, () => 5);
  const later = traceMessage(message, async () => await Promise.resolve("a"), {
    traceChannel: undefined,
  });
  const { trace } = message;
  value<
    [
      Expect<Equal<typeof now, number>>,
      Expect<Equal<typeof later, Promise<string>>>,
      Expect<Equal<typeof trace, string | undefined>>,
      Expect<Equal<IsAny<typeof trace>, false>>,
    ]
  >();
}

export type Traces = [
  Expect<Equal<Realtime.Message.Raw["trace"], string | undefined>>,
];

// @ts-expect-error The message names its channel and has an id.
traceMessage({ trace: "" }, () => {});
