import {
  bareHttp,
  bareSocket,
  bareSse,
  socketIo,
  socketIoHttp,
} from "./bare.ts";
import {
  centrifugoBatch,
  centrifugoHttp,
  centrifugoSocket,
} from "./centrifugo.ts";
import type { PublisherDialect, SubscriberDialect } from "./dialect.ts";
import { mqttSocket, mqttTcp } from "./mqtt.ts";
import { natsSocket, natsTcp } from "./nats.ts";
import {
  tidingsBatch,
  tidingsHttp,
  tidingsPlain,
  tidingsSocket,
  tidingsSse,
  tidingsV1,
} from "./tidings.ts";

/** The protocols of subscribers. */
export const SUBSCRIBERS = {
  "tidings.v1": tidingsV1,
  "tidings plain": tidingsPlain,
  "tidings sse": tidingsSse,
  "bare": bareSocket,
  "bare sse": bareSse,
  "socket.io": socketIo,
  "centrifugo": centrifugoSocket,
  "nats": natsSocket,
  "mqtt": mqttSocket,
} as const satisfies Record<string, SubscriberDialect>;

/** The protocols of publishers. */
export const PUBLISHERS = {
  "tidings": tidingsHttp,
  "tidings batch": tidingsBatch,
  "tidings socket": tidingsSocket,
  "bare": bareHttp,
  "socket.io": socketIoHttp,
  "centrifugo": centrifugoHttp,
  "centrifugo batch": centrifugoBatch,
  "nats": natsTcp,
  "mqtt": mqttTcp,
} as const satisfies Record<string, PublisherDialect>;

/** The name of a subscribers' protocol. */
export type SubscriberName = keyof typeof SUBSCRIBERS;

/** The name of a publishers' protocol. */
export type PublisherName = keyof typeof PUBLISHERS;
