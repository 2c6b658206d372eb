/** Tests of the types of the React hooks. This file is never run. */
import {
  type InngestSubscription,
  InngestSubscriptionState,
  type SubscriptionState,
  useInngestSubscription,
  type UseInngestSubscriptionOptions,
  useRealtime,
  useStream,
  useSubscription,
  type UseSubscriptionOptions,
  type UseSubscriptionResult,
} from "../../hooks.ts";
import { channel, type Realtime, topic } from "../../mod.ts";
import {
  type Equal,
  type Expect,
  type IsAny,
  value,
} from "../support/types/type_assertions.ts";

const user = channel((userId: string) => `user:${userId}`)
  .addTopic(topic("ai").type<{ response: string }>())
  .addTopic(topic("count").type<number>());

type Token = Realtime.Token<typeof user, ["ai", "count"]>;
type AiToken = Realtime.Token<typeof user, ["ai"]>;
const fetchToken = value<() => Promise<Token>>();
const fetchAiToken = value<() => Promise<AiToken>>();
const fetchUntyped = value<() => Promise<Realtime.Subscribe.Token>>();

const subscription = useSubscription({ refreshToken: fetchAiToken });
type Data = (typeof subscription)["data"][number];

export type Subscriptions = [
  Expect<Equal<IsAny<Data>, false>>,
  Expect<Equal<Data["topic"], "ai">>,
  Expect<Equal<Data["data"], { response: string }>>,
  Expect<Equal<(typeof subscription)["latestData"], Data | null>>,
  Expect<Equal<(typeof subscription)["freshData"], Data[]>>,
  Expect<Equal<(typeof subscription)["error"], Error | null>>,
];

// The token may be available later, or come from a server component.
useSubscription({ token: value<AiToken | null>() })
  .data satisfies Data[];
useSubscription({ token: undefined, enabled: false });
useSubscription({ refreshToken: fetchUntyped }).data.map(({ data }) => data);
useSubscription<AiToken>({ refreshToken: () => fetch("/token") })
  .data satisfies Data[];
useSubscription({ token: { token: value<AiToken>() } }).data satisfies Data[];
useSubscription({ token: fetchAiToken }).data satisfies Data[];
useSubscription({ refreshToken: () => fetch("/token") }).data.map(({ data }) =>
  data.anything
);
subscription.state satisfies "active" | "closed" | string;
type States = Expect<
  Equal<
    (typeof subscription)["state"],
    | "closed"
    | "error"
    | "refresh_token"
    | "connecting"
    | "reconnecting"
    | "active"
    | "closing"
  >
>;
// Inngest's names are aliases.
useInngestSubscription satisfies typeof useSubscription;
InngestSubscriptionState.Reconnecting satisfies SubscriptionState;
export type Aliases = [
  States,
  Expect<Equal<InngestSubscriptionState, SubscriptionState>>,
  Expect<Equal<InngestSubscription<AiToken>, UseSubscriptionResult<AiToken>>>,
  Expect<
    Equal<
      UseInngestSubscriptionOptions<AiToken>,
      UseSubscriptionOptions<AiToken>
    >
  >,
];
// @ts-expect-error a state that does not exist
subscription.state satisfies "active" | "closed";
// @ts-expect-error a topic that the token is not for
subscription.data.filter(({ topic }) => topic === "count");
// @ts-expect-error the function must return a token
useSubscription({ refreshToken: () => Promise.resolve("token") });
// @ts-expect-error there is no such option
useSubscription({ refreshToken: fetchToken, interval: 1 });

const byToken = useRealtime({ token: fetchToken });
const byChannel = useRealtime({
  channel: user("1"),
  topics: ["ai"],
  token: value<() => Promise<string>>(),
});
const byName = useRealtime({ channel: "user:1", topics: ["ai"] });
type ByToken = (typeof byToken)["messages"];
type ByChannel = (typeof byChannel)["messages"];
type ByName = (typeof byName)["messages"];

export type Messages = [
  Expect<Equal<IsAny<ByToken["last"]>, false>>,
  Expect<Equal<ByToken["all"][number]["topic"], "ai" | "count">>,
  Expect<Equal<keyof ByToken["byTopic"], "ai" | "count">>,
  Expect<Equal<NonNullable<ByToken["byTopic"]["count"]>["data"], number>>,
  Expect<Equal<IsAny<ByChannel["last"]>, false>>,
  Expect<Equal<ByChannel["all"][number]["topic"], "ai">>,
  Expect<Equal<ByChannel["all"][number]["channel"], `user:${string}`>>,
  Expect<
    Equal<
      Extract<ByChannel["byTopic"]["ai"], { kind: "chunk" }>["data"],
      { response: string }
    >
  >,
  Expect<Equal<ByChannel["delta"], ByChannel["all"]>>,
  Expect<Equal<ByName["all"][number]["topic"], string>>,
  Expect<Equal<(typeof byName)["result"], unknown>>,
];

// @ts-expect-error a topic that was not asked for
byChannel.messages.byTopic.count;
// @ts-expect-error a status that does not exist
byToken.runStatus satisfies "running" | "completed";
// @ts-expect-error a channel by its definition, which has no name yet
useRealtime({ channel: user, topics: ["ai"] });

const stream = useStream(user("1").ai, { token: fetchAiToken });
useStream("ai", { channel: user("1"), token: { key: "jwt" } });
useStream("ai", { channel: user("1"), token: "jwt" });
useStream(user("1").ai, { token: () => fetch("/token") });
useRealtime({
  channel: user("1"),
  topics: ["ai"],
  token: () => Promise.resolve({ token: "jwt" }),
}).messages.all satisfies ByChannel["all"];
useRealtime({ token: { token: value<Token>() } })
  .messages.all satisfies ByToken["all"];

export type Streams = [
  Expect<Equal<(typeof stream)["text"], string>>,
  Expect<Equal<(typeof stream)["done"], boolean>>,
  Expect<Equal<(typeof stream)["error"], Error | null>>,
  Expect<Equal<(typeof stream)["stopped"], boolean>>,
  Expect<Equal<(typeof stream)["stop"], () => Promise<boolean>>>,
];

// @ts-expect-error a channel is no topic
useStream(user("1"), { token: fetchAiToken });
