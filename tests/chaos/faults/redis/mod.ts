import type { Fault } from "../../fault.ts";
import { cuts } from "../cuts.ts";
import { equality } from "../equality.ts";
import { expiry } from "../expiry.ts";
import { lostAnswer, manyPublishers, repeated } from "../publishing.ts";
import { races } from "../races.ts";
import { retention } from "../retention.ts";
import { killPubSub, silence } from "./connections.ts";
import { failover } from "./failover.ts";
import { killGateways } from "./kill.ts";
import { flush, forget } from "./loss.ts";
import { pauseRedis } from "./pause.ts";
import { rollGateways } from "./roll.ts";

/** All faults of several gateways on one Redis, with those faults of one gateway that take another path there. */
export const REDIS_FAULTS: readonly Fault[] = [
  killGateways,
  races,
  cuts,
  retention,
  flush,
  forget,
  pauseRedis,
  killPubSub,
  failover,
  silence,
  repeated,
  lostAnswer,
  manyPublishers,
  expiry,
  rollGateways,
  equality,
];
