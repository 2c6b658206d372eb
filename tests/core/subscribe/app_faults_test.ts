import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { subscribe } from "../../../core/subscribe/subscribe.ts";
import type { Realtime, Untyped } from "../../../core/types/realtime.ts";
import { signal, takeData } from "../../support/client/client.ts";
import {
  EPOCH,
  type FakeGateway,
  type FakePeer,
  frame,
  startFakeGateway,
} from "../../support/client/fake_gateway.ts";

const MINE = new Error("Mine");

function fail(): never {
  throw MINE;
}

/** Subscribes with a channel of the app's own making, as the token or among the topics that it has. */
async function joined(
  { url, peer }: FakeGateway,
  topics: object,
  options: Realtime.Subscribe.Options<Untyped> = {},
): Promise<{
  subscription: Realtime.Subscribe.StreamSubscription<Untyped>;
  peer: FakePeer;
}> {
  const channel = { name: "c", topics } as unknown as string;
  const token = { channel, topics: ["t", "u"], key: "key", apiBaseUrl: url };
  const opening = subscribe<Untyped>(token, options);
  const opened = await peer();
  await opened.accept();
  return { subscription: await opening, peer: opened };
}

/** Makes an `onError` that collects errors, and a promise of the first few. */
function collect(count: number): {
  onError: (error: unknown) => void;
  errors: Promise<Untyped[]>;
} {
  const errors: unknown[] = [];
  const { promise, resolve } = signal<unknown[]>();
  return {
    onError(error) {
      if (errors.push(error) === count) resolve(errors);
    },
    errors: promise,
  };
}

describe("A schema", () => {
  it("that can't be read loses its message only, and is reported", async () => {
    const ownSchema = {
      get "~standard"() {
        return fail();
      },
    };
    for (
      const broken of [
        { getSchema: fail },
        {
          get getSchema() {
            return fail();
          },
        },
        { getSchema: () => ownSchema },
      ]
    ) {
      await using gateway = await startFakeGateway();
      const { onError, errors } = collect(1);
      const { subscription, peer } = await joined(gateway, { t: broken }, {
        onError,
      });
      peer.send(frame(1, "a"), frame(2, "b", { topic: "u" }));
      assertEquals(await takeData(subscription, 1), ["b"]);
      const [error] = await errors;
      assertEquals([error?.code, error?.cause], ["invalid_data", MINE]);
      await subscription.close();
    }
  });

  it("that its topic does not have stops nothing", async () => {
    await using gateway = await startFakeGateway();
    const { subscription, peer } = await joined(gateway, { t: {} }, {
      onError() {},
    });
    peer.send(frame(1, "a", { topic: "u" }), frame(2, "b"));
    peer.send(frame(3, "c", { topic: "u" }));
    const data: unknown[] = [];
    for await (const message of subscription) {
      data.push(message.data);
      if (message.data === "c") break;
    }
    assertEquals(data.filter((item) => item !== "b"), ["a", "c"]);
  });
});

describe("A callback", () => {
  it("that throws or rejects is reported to `onError`", async () => {
    for (const callback of [fail, () => Promise.reject(MINE)]) {
      await using gateway = await startFakeGateway();
      const { onError, errors } = collect(4);
      const { subscription, peer } = await joined(gateway, {}, {
        onError,
        onGap: callback as () => void,
        // These are the states `connecting` and `open`.
        onState: callback as () => void,
        onMessage: callback as () => void,
      });
      await peer.accept();
      peer.send({
        kind: "gap",
        channel: "c",
        data: { after: `${EPOCH}-0`, before: `${EPOCH}-3` },
      });
      peer.send(frame(3, "a"));
      for (const error of await errors) assertStrictEquals(error, MINE);
      assertEquals(await takeData(subscription, 1), ["a"]);
      await subscription.close();
    }
  });

  it("that is `onError` itself ends nothing when it throws or rejects", async () => {
    const { warn } = console;
    for (const onError of [fail, () => Promise.reject(MINE)]) {
      const { onError: warned, errors } = collect(1);
      console.warn = warned;
      try {
        await using gateway = await startFakeGateway();
        const { subscription, peer } = await joined(gateway, {}, {
          onError: onError as () => void,
        });
        peer.raw("no JSON");
        assertEquals(await errors, [MINE]);
        peer.send(frame(1, "a"));
        assertEquals(await takeData(subscription, 1), ["a"]);
        await subscription.close();
      } finally {
        console.warn = warn;
      }
    }
  });
});

describe("A token", () => {
  const broken = {
    channel: "c",
    topics: ["t"],
    get key(): string {
      return fail();
    },
  };

  it("whose fields throw rejects the subscription", async () => {
    for (const source of [broken, { token: broken }, () => broken]) {
      const error = await assertRejects(
        () => subscribe<Realtime.Subscribe.Token>(source),
        RealtimeError,
      );
      assertStrictEquals(error.cause, MINE);
    }
  });

  it("whose fields throw later ends the iterator with an error", async () => {
    await using gateway = await startFakeGateway();
    const { url: apiBaseUrl } = gateway;
    const tokens = [
      { channel: "c", topics: ["t"], key: "key", apiBaseUrl },
      broken,
    ];
    const opening = subscribe(() => tokens.shift() ?? broken);
    const peer = await gateway.peer();
    const sub = await peer.accept();
    const subscription = await opening;
    peer.refuse(sub, "token_expired");
    const error = await assertRejects(
      () => takeData(subscription, 1),
      RealtimeError,
    );
    assertStrictEquals(error.cause, MINE);
  });

  it("with a start of another type is presented as text", async () => {
    for (const [from, since] of [[null, undefined], [5n, "5"]]) {
      await using gateway = await startFakeGateway();
      const { url: apiBaseUrl } = gateway;
      const token = { channel: "c", topics: ["t"], key: "key", apiBaseUrl };
      const opening = subscribe({ ...token, from } as typeof token);
      const { data } = await (await gateway.peer()).accept();
      assertEquals<unknown>(data.since, since);
      await (await opening).close();
    }
  });

  it("of another form is refused with what is missing", async () => {
    for (
      const [token, problem] of [
        [undefined, "the token is missing"],
        [{ channel: "c", topics: "t", key: "key" }, "the list of topics is"],
        [
          { channel: "c", topics: ["t"], key: "key" },
          "a URL in the token or the options is missing",
        ],
      ] as const
    ) {
      await assertRejects(
        () => subscribe(token as unknown as Realtime.Subscribe.Token),
        RealtimeError,
        problem,
      );
    }
  });
});
