import type { Lab } from "../lab.ts";
import type { Section } from "../results.ts";
import { admin } from "./admin.ts";
import { channels } from "./channels.ts";
import { client } from "./client.ts";
import { connect } from "./connect.ts";
import { durable } from "./durable.ts";
import { fanOut } from "./fan_out.ts";
import { growth } from "./growth.ts";
import { idle } from "./idle.ts";
import { large } from "./large.ts";
import { memory } from "./memory.ts";
import { publish } from "./publish.ts";
import { redis } from "./redis.ts";
import { resume } from "./resume.ts";
import { sse } from "./sse.ts";

/** A scenario: measurements with the same servers. */
export interface Scenario {
  /** Its names on the command line. */
  readonly names: readonly string[];
  /**
   * Measures.
   *
   * @param names Which of its names were chosen.
   */
  run(lab: Lab, names: readonly string[]): Promise<Section[]>;
}

/** All scenarios, in order. */
export const SCENARIOS: readonly Scenario[] = [
  { names: ["1", "2"], run: fanOut },
  { names: ["3"], run: channels },
  { names: ["4"], run: large },
  { names: ["5"], run: publish },
  { names: ["6"], run: connect },
  { names: ["7"], run: resume },
  { names: ["8"], run: memory },
  { names: ["9"], run: client },
  { names: ["10"], run: sse },
  { names: ["redis"], run: redis },
  { names: ["durable"], run: durable },
  { names: ["idle"], run: idle },
  { names: ["growth"], run: growth },
  { names: ["admin"], run: admin },
];
