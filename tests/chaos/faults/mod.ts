import type { Fault } from "../fault.ts";
import { bombs } from "./bombs.ts";
import { channels } from "./channels.ts";
import { clock } from "./clock.ts";
import { crowd } from "./crowd.ts";
import { cuts } from "./cuts.ts";
import { drain, roll } from "./drain.ts";
import { equality } from "./equality.ts";
import { expiry } from "./expiry.ts";
import { halfOpen } from "./half_open.ts";
import { kill } from "./kill.ts";
import { lostAnswer, manyPublishers, repeated } from "./publishing.ts";
import { races } from "./races.ts";
import { retention } from "./retention.ts";
import { sinceValues } from "./since_values.ts";
import { slowloris } from "./slowloris.ts";
import { soak } from "./soak.ts";
import { storm } from "./storm.ts";
import { unreadSse, unreadWebSockets } from "./unread.ts";

/** All faults that need no Redis. */
export const FAULTS: readonly Fault[] = [
  kill,
  drain,
  races,
  cuts,
  retention,
  sinceValues,
  repeated,
  lostAnswer,
  manyPublishers,
  unreadWebSockets,
  unreadSse,
  halfOpen,
  expiry,
  storm,
  crowd,
  slowloris,
  channels,
  bombs,
  clock,
  roll,
  soak,
  equality,
];
