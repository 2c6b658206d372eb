import { subscribe } from "../../../core/subscribe/subscribe.ts";
import type { Realtime, Untyped } from "../../../core/types/realtime.ts";
import type { AnySubscription } from "./client.ts";
import type { FakeGateway, FakePeer, SentFrame } from "./fake_gateway.ts";

type Options = Realtime.Subscribe.Options<Untyped>;

/** Subscribes to topics of channel `c` at a fake gateway. */
export function join(
  { url }: FakeGateway,
  options?: Options,
  topics: string[] = ["t"],
): Promise<AnySubscription> {
  return subscribe(
    { channel: "c", topics, key: "jwt", apiBaseUrl: url },
    options,
  );
}

/** Subscribes to topic `t` of channel `c`, and accepts the subscription. */
export async function joined(
  gateway: FakeGateway,
  options?: Options,
): Promise<{ subscription: AnySubscription; peer: FakePeer; sub: SentFrame }> {
  const opening = join(gateway, options);
  const peer = await gateway.peer();
  const sub = await peer.accept();
  return { subscription: await opening, peer, sub };
}

/** Makes a listener that collects states, and a function that waits for one of them. */
export function states(): {
  onState: (state: string) => void;
  reached: (state: string) => Promise<void>;
} {
  const seen: string[] = [];
  let look = (): void => {};
  return {
    onState: (state) => {
      seen.push(state);
      look();
    },
    reached: (state) =>
      new Promise((resolve) => {
        look = () => {
          if (seen.includes(state)) resolve();
        };
        look();
      }),
  };
}
