import {
  type RuntimeName,
  TITLES,
} from "../../tests/support/process/programs.ts";
import type { Lab, Lane, Publishing } from "../lab.ts";
import { gateway } from "../peers/mod.ts";
import type { Section } from "../results.ts";
import { bareLane, perRuntime } from "./lanes.ts";
import { measureRounds, perMessage } from "./rounds.ts";

const BYTES = 250;
const PUBLISHERS = 16;
/** The number of messages in a batch. */
const BATCH = 64;

/** The name of the lane with batches, after that of the gateway. */
export const BATCHES = `batches of ${BATCH}`;

/** The gateway accepts 100 frames a second on a connection; each socket publishes 80. */
const SOCKETS = { publishers: 64, rate: 64 * 80 } as const;

/** No one subscribes. */
const AUDIENCE = { count: 0 } as const;

/** Returns the name of our gateway's lane for a way to publish. */
export function publishName(runtime: RuntimeName, how: string): string {
  return `Tidings on ${TITLES[runtime]}, ${how}`;
}

/** Scenario 5: publishing without subscribers. */
export async function publish(lab: Lab): Promise<Section[]> {
  const lanes = await lab.open(
    perRuntime(lab, (runtime) => {
      const peer = gateway(runtime);
      const lane = (how: string) => publishName(runtime, how);
      const subscriber = "tidings.v1";
      return [
        { name: lane("single"), peer, subscriber, publisher: "tidings" },
        {
          name: lane(BATCHES),
          peer,
          subscriber,
          publisher: "tidings batch",
        },
        {
          name: lane("WebSocket"),
          peer,
          subscriber,
          publisher: "tidings socket",
        },
        bareLane(runtime),
      ];
    }),
    AUDIENCE,
  );
  return [{
    id: "5",
    title: `Publishing messages of ${BYTES} bytes without subscribers`,
    metrics: ["cpuUs", "perSecond", "loadPercent"],
    results: await measureRounds(lab, lanes, publishing, perMessage, {
      isSteady: true,
      audience: AUDIENCE,
    }),
  }];
}

function publishing({ publisher }: Lane): Publishing {
  if (publisher === "tidings socket") return { ...SOCKETS, bytes: BYTES };
  const batch = publisher === "tidings batch" ? { perRequest: BATCH } : {};
  return { publishers: PUBLISHERS, bytes: BYTES, ...batch };
}
