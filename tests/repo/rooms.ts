import type { ImportGraph } from "./imports.ts";

/** Rooms of the product, each with the rooms that it may import besides itself. The first prefix of a path decides. */
const ROOMS: ReadonlyArray<readonly [room: string, allowed: string[]]> = [
  ["mod.ts", ["core/"]],
  ["hooks.ts", ["react/", "core/"]],
  ["middleware.ts", ["middleware/", "core/"]],
  ["ai.ts", ["ai/", "core/"]],
  ["core/", []],
  ["react/", ["core/"]],
  ["middleware/", ["core/"]],
  ["ai/", ["core/"]],
  ["server/", ["core/"]],
];

/**
 * The floors of a house, lowest first. A room may import rooms of its own floor and below. Files that no floor names are on top.
 */
const FLOORS: Readonly<Record<string, ReadonlyArray<readonly string[]>>> = {
  core: [
    ["core/protocol/", "core/types/"],
    ["core/time/", "core/http/", "core/channel/", "core/traces/"],
    ["core/publish/", "core/subscribe/"],
    ["core/app/"],
  ],
  server: [
    ["server/wire/", "server/turns/", "server/log/", "server/page/"],
    ["server/runtimes/", "server/events/", "server/brokers/"],
    ["server/auth/", "server/fan_out/"],
    ["server/publish/", "server/options.ts"],
    ["server/streams/"],
    ["server/sessions/"],
    ["server/metrics/", "server/admin/"],
    ["server/http/"],
  ],
};

/** Returns the imports that point the wrong way, as `file imports target`. */
export function wrongWays(graph: ImportGraph): string[] {
  return [...graph].flatMap(([file, targets]) =>
    targets.filter((target) => !mayImport(file, target))
      .map((target) => `${file} imports ${target}`)
  );
}

function mayImport(file: string, target: string): boolean {
  if (file.startsWith("bench/")) return true;
  if (file.startsWith("tests/")) return !target.startsWith("bench/");
  const [room, allowed = []] = ROOMS.find(([room]) => file.startsWith(room)) ??
    [];
  // Examples and tools may import everything.
  if (room === undefined) return true;
  const isOpen = [room, ...allowed].some((open) => target.startsWith(open));
  return isOpen &&
    (houseOf(file) !== houseOf(target) || floorOf(target) <= floorOf(file));
}

function houseOf(path: string): string {
  return path.split("/")[0] ?? "";
}

function floorOf(path: string): number {
  const floors = FLOORS[houseOf(path)] ?? [];
  const floor = floors.findIndex((rooms) =>
    rooms.some((room) => path.startsWith(room))
  );
  return floor < 0 ? floors.length : floor;
}
