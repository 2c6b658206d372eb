import {
  type RuntimeName,
  RUNTIMES,
  TITLES,
} from "../../tests/support/process/programs.ts";
import type { Lab, Lane } from "../lab.ts";
import type { SubscriberName } from "../load/dialects/mod.ts";
import {
  bare,
  centrifugo,
  floor,
  gateway,
  mosquitto,
  nats,
  socketIo,
} from "../peers/mod.ts";

/** The names of our clients' protocols in tables. */
const PROTOCOLS = {
  "tidings.v1": "v1",
  "tidings plain": "plain",
  "tidings sse": "sse",
} as const satisfies Partial<Record<SubscriberName, string>>;

/** Returns the lane of our gateway with clients of one protocol. */
export function gatewayLane(
  runtime: RuntimeName,
  subscriber: keyof typeof PROTOCOLS,
): Lane {
  return {
    name: gatewayName(runtime, PROTOCOLS[subscriber]),
    peer: gateway(runtime),
    subscriber,
    publisher: "tidings",
  };
}

/** Returns the name of our gateway's lane. */
export function gatewayName(runtime: RuntimeName, protocol: string): string {
  return `Tidings on ${TITLES[runtime]}, ${protocol}`;
}

/** Returns the name of a bare server's lane. */
export function bareName(runtime: RuntimeName): string {
  return bare(runtime).name;
}

/** Returns the lane of a bare server. */
export function bareLane(runtime: RuntimeName): Lane {
  const peer = bare(runtime);
  return { name: peer.name, peer, subscriber: "bare", publisher: "bare" };
}

/** Returns the lanes of other servers and of the floor; none in a comparison with another checkout. */
export function rivals({ before }: Pick<Lab, "before">): readonly Lane[] {
  return before === undefined ? RIVALS : [];
}

const RIVALS: readonly Lane[] = [
  {
    name: socketIo.name,
    peer: socketIo,
    subscriber: "socket.io",
    publisher: "socket.io",
  },
  {
    name: centrifugo.name,
    peer: centrifugo,
    subscriber: "centrifugo",
    publisher: "centrifugo",
  },
  { name: nats.name, peer: nats, subscriber: "nats", publisher: "nats" },
  {
    name: mosquitto.name,
    peer: mosquitto,
    subscriber: "mqtt",
    publisher: "mqtt",
  },
  { name: floor.name, peer: floor, subscriber: "bare", publisher: "bare" },
];

/** The suffix of the lanes of the other checkout in a comparison. */
export const BEFORE = ", before";

/** Returns lanes for each of the chosen runtimes; in a comparison, each of our gateway's lanes once more with the other checkout. */
export function perRuntime(
  { runtimes, before }: Pick<Lab, "runtimes" | "before">,
  lanes: (runtime: RuntimeName) => readonly Lane[],
): Lane[] {
  const all = RUNTIMES.filter((name) => runtimes.includes(name))
    .flatMap(lanes);
  if (before === undefined) return all;
  return all.flatMap((lane) => {
    const { name, peer: { role, runtime } } = lane;
    if (role !== "gateway" || runtime === undefined) return [lane];
    const peer = gateway(runtime, before);
    return [lane, { ...lane, name: name + BEFORE, peer }];
  });
}
