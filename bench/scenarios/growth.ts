import type { Lab, Lane } from "../lab.ts";
import { floor, gateway, TITLES } from "../peers/mod.ts";
import type { Metric, Result, Section } from "../results.ts";
import { gatewayLane, perRuntime, RIVALS } from "./lanes.ts";
import { measureRounds, perDelivery, perMessage } from "./rounds.ts";

const PUBLISHING = { publishers: 8, bytes: 250 } as const;
const SIZES = [100, 1000, 10_000] as const;
const CHANNELS = [0, 5000] as const;
const METRICS: readonly Metric[] = ["cpuUs", "perSecond", "loadPercent"];

/** How the cost grows: of a delivery with the number of subscribers, of publishing with the number of other channels. */
export async function growth(lab: Lab): Promise<Section[]> {
  return [...await byAudience(lab), ...await besideChannels(lab)];
}

/** A lane with a server of its own: sizes take turns, as what is compared is measured within a moment. */
function apart(lane: Lane, size: number): Lane {
  const name = `${lane.name}, ${size}`;
  return { ...lane, name, peer: { ...lane.peer, name } };
}

/** What was measured of one lane in several sizes, by size. */
function bySize(lane: Lane, results: readonly Result[]): Result[] {
  return results.map((result) => ({ ...result, lane: lane.name }));
}

async function byAudience(lab: Lab): Promise<Section[]> {
  const lanes = [
    ...perRuntime(
      lab.runtimes,
      (runtime) => [gatewayLane(runtime, "tidings.v1")],
    ),
    ...RIVALS.filter(({ peer }) => peer === floor),
  ];
  const results: Result[][] = SIZES.map(() => []);
  // All lanes at once would be more than a process may have files open.
  for (const lane of lanes) {
    const open: Lane[] = [];
    for (const count of SIZES) {
      open.push(...await lab.open([apart(lane, count)], { count }));
    }
    const measured = await measureRounds(lab, open, PUBLISHING, perDelivery);
    for (const [size, result] of bySize(lane, measured).entries()) {
      results[size]?.push(result);
    }
    await lab.clear();
  }
  return SIZES.map((count, size) => ({
    id: `growth-${count}`,
    title: `Cost growth: ${count.toLocaleString("en")} subscribers`,
    metrics: METRICS,
    results: results[size] ?? [],
  }));
}

async function besideChannels(lab: Lab): Promise<Section[]> {
  const results: Result[][] = CHANNELS.map(() => []);
  for (const runtime of lab.runtimes) {
    const lane: Lane = {
      name: `Tidings on ${TITLES[runtime]}`,
      peer: gateway(runtime),
      subscriber: "tidings.v1",
      publisher: "tidings",
      channel: "one",
    };
    const open: Lane[] = [];
    for (const channels of CHANNELS) {
      const publishing = apart(lane, channels);
      const others = { ...publishing, name: "others", channel: "other" };
      if (channels > 0) await lab.open([others], { count: channels, channels });
      open.push(...await lab.open([publishing], { count: 0 }));
    }
    const measured = await measureRounds(
      lab,
      open,
      PUBLISHING,
      perMessage,
      true,
    );
    for (const [size, result] of bySize(lane, measured).entries()) {
      results[size]?.push(result);
    }
    await lab.clear();
  }
  return CHANNELS.map((channels, size) => ({
    id: `growth-publish-${channels}`,
    title: `Cost growth: publishing beside ${
      channels.toLocaleString("en")
    } other channels with a subscriber each`,
    metrics: METRICS,
    results: results[size] ?? [],
  }));
}
