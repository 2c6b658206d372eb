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

/** The rooms of `core/`, lowest first. A room may import those of its own level and below. */
const CORE_LEVELS: ReadonlyArray<readonly string[]> = [
  ["core/protocol/", "core/types/"],
  ["core/time/", "core/http/", "core/channel/", "core/traces/"],
  ["core/publish/", "core/subscribe/"],
  ["core/app/"],
];

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
  return isOpen && levelOf(target) <= levelOf(file);
}

function levelOf(path: string): number {
  const level = CORE_LEVELS.findIndex((rooms) =>
    rooms.some((room) => path.startsWith(room))
  );
  return level < 0 ? CORE_LEVELS.length : level;
}
