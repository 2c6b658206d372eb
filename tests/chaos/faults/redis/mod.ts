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

/** Every fault that can be tried on several gateways with Redis; those of one gateway that are different there, too. */
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
