import type { Lab, Lane } from "../lab.ts";
import { floor, gateway, TITLES } from "../peers/mod.ts";
import type { Result, Section } from "../results.ts";
import { gatewayLane, perRuntime, RIVALS } from "./lanes.ts";
import { measureRounds, perDelivery } from "./rounds.ts";

const PUBLISHING = { publishers: 8, bytes: 250 } as const;
const SIZES = [100, 1000, 10_000] as const;
const CHANNELS = 5000;

/** How the cost grows: of a delivery with the number of subscribers, of publishing with the number of other channels. */
export async function growth(lab: Lab): Promise<Section[]> {
  return [...await byAudience(lab), ...await besideChannels(lab)];
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
  // Server by server, so that little time lies between few and many; all of them would be more than a process may have files open.
  for (const lane of lanes) {
    for (const [index, count] of SIZES.entries()) {
      const open = await lab.open([lane], { count });
      results[index]?.push(
        ...await measureRounds(lab, open, PUBLISHING, perDelivery),
      );
      await lab.close(lane);
    }
    await lab.clear();
  }
  return SIZES.map((count, index) => ({
    id: `growth-${count}`,
    title: `Cost growth: ${count.toLocaleString("en")} subscribers`,
    metrics: ["cpuUs", "perSecond", "loadPercent"],
    results: results[index] ?? [],
  }));
}

async function besideChannels(lab: Lab): Promise<Section[]> {
  const sections: Section[] = [];
  for (const channels of [0, CHANNELS]) {
    const results = [];
    for (const runtime of lab.runtimes) {
      const others = gatewayLane(runtime, "tidings.v1");
      if (channels > 0) await lab.open([others], { count: channels, channels });
      const lane: Lane = {
        name: `Tidings on ${TITLES[runtime]}`,
        peer: gateway(runtime),
        subscriber: "tidings.v1",
        publisher: "tidings",
        channel: "one",
      };
      await lab.open([lane], { count: 0 });
      results.push(
        ...await measureRounds(lab, [lane], PUBLISHING, (measured) => ({
          cpuUs: measured.serverMs * 1000 / measured.published,
          perSecond: measured.published / measured.seconds,
        })),
      );
      await lab.clear();
    }
    sections.push({
      id: `growth-publish-${channels}`,
      title: `Cost growth: publishing beside ${
        channels.toLocaleString("en")
      } other channels with a subscriber each`,
      metrics: ["cpuUs", "perSecond"],
      results,
    });
  }
  return sections;
}
