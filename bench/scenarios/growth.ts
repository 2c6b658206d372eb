import { TITLES } from "../../tests/support/process/programs.ts";
import type { Lab, Lane } from "../lab.ts";
import type { Measured } from "../load/traffic.ts";
import { floor, gateway } from "../peers/mod.ts";
import type { Metric, Result, Sample, Section } from "../results.ts";
import { gatewayLane, perRuntime, rivals } from "./lanes.ts";
import { measureRounds, perDelivery, perMessage } from "./rounds.ts";

const PUBLISHING = { publishers: 8, bytes: 250 } as const;
const SIZES = [100, 1000, 10_000] as const;
const CHANNELS = [0, 5000] as const;
const METRICS: readonly Metric[] = ["cpuUs", "perSecond", "loadPercent"];

/** Growth of costs: of a delivery with the number of subscribers, and of a publish with the number of other channels. */
export async function growth(lab: Lab): Promise<Section[]> {
  return [...await byAudience(lab), ...await besideChannels(lab)];
}

async function byAudience(lab: Lab): Promise<Section[]> {
  const lanes = [
    ...perRuntime(lab, (runtime) => [gatewayLane(runtime, "tidings.v1")]),
    ...rivals(lab).filter(({ peer }) => peer === floor),
  ];
  const results = await bySize(
    lab,
    lanes,
    SIZES,
    (lane, count) => lab.open([lane], { count }),
    perDelivery,
  );
  return SIZES.map((count, index) => ({
    id: `growth-${count}`,
    title: `Cost growth: ${count.toLocaleString("en")} subscribers`,
    metrics: METRICS,
    results: results[index] ?? [],
  }));
}

async function besideChannels(lab: Lab): Promise<Section[]> {
  const lanes = perRuntime(lab, (runtime) => [{
    name: `Tidings on ${TITLES[runtime]}`,
    peer: gateway(runtime),
    subscriber: "tidings.v1",
    publisher: "tidings",
    channel: "one",
  }]);
  const results = await bySize(
    lab,
    lanes,
    CHANNELS,
    async (lane, channels) => {
      const others = { ...lane, name: "others", channel: "other" };
      if (channels > 0) await lab.open([others], { count: channels, channels });
      return await lab.open([lane], { count: 0 });
    },
    perMessage,
    true,
  );
  return CHANNELS.map((channels, index) => ({
    id: `growth-publish-${channels}`,
    title: `Cost growth: publishing beside ${
      channels.toLocaleString("en")
    } other channels with a subscriber each`,
    metrics: METRICS,
    results: results[index] ?? [],
  }));
}

/**
 * Measures lanes in several sizes. The sizes of a lane take turns, each with its own server, so that a change of the machine's speed
 * affects all of them.
 *
 * @param open Opens a lane in a size.
 */
async function bySize(
  lab: Lab,
  lanes: readonly Lane[],
  sizes: readonly number[],
  open: (lane: Lane, size: number) => Promise<Lane[]>,
  sampleOf: (measured: Measured) => Sample,
  isSteady = false,
): Promise<Result[][]> {
  const results: Result[][] = sizes.map(() => []);
  // One lane at a time, as all together need more open files than a process may have.
  for (const lane of lanes) {
    const opened: Lane[] = [];
    for (const size of sizes) {
      const name = `${lane.name}, ${size}`;
      const sized = { ...lane, name, peer: { ...lane.peer, name } };
      opened.push(...await open(sized, size));
    }
    const measured = await measureRounds(
      lab,
      opened,
      PUBLISHING,
      sampleOf,
      { isSteady },
    );
    for (const [index, result] of measured.entries()) {
      results[index]?.push({ ...result, lane: lane.name });
    }
    await lab.clear();
  }
  return results;
}
