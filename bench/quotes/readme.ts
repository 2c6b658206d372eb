import { TITLES } from "../../tests/support/process/programs.ts";
import type { ResultsFile } from "../results_file.ts";
import { bareName } from "../scenarios/lanes.ts";
import { count, CPU, fixed, RATE, table } from "./cells.ts";

/** Returns the README's table of fan-out. */
export function fanOut(results: ResultsFile): string {
  const several = "Fan-out: 1,000 subscribers, 8 publishers";
  const one = "Fan-out: 1,000 subscribers, 1 publisher,";
  const rows = table(
    [
      "µs a delivery",
      "8 publishers",
      "of Centrifugo's",
      "1 publisher",
      "of Centrifugo's",
    ],
    [
      ["Tidings on Bun", "Tidings on Bun, v1"],
      ["Tidings on Node", "Tidings on Node, v1"],
      ["Tidings on Deno", "Tidings on Deno, v1"],
      ["Centrifugo", "Centrifugo"],
      ["nats-server", "nats-server"],
      ["Socket.IO on Node", "Socket.IO on Node"],
      [
        "C, with the fewest system calls that can do this",
        "floor (C, one write a turn)",
      ],
    ].map(([label = "", row = ""]) => [
      label,
      ...[several, one].flatMap((section) =>
        [CPU, "x Centrifugo"].map((column) =>
          fixed(results.number(section, row, column))
        )
      ),
    ]),
  );
  const large = results.number(
    "1,000 subscribers, 8 publishers at once, messages of 16 KiB",
    "Tidings on Deno, v1",
    "x Centrifugo",
  );
  if (large === undefined) return rows;
  return `${rows}\n\nThe table leaves out messages of 16 KiB, where Deno needs ${
    fixed(large)
  } of Centrifugo's CPU.`;
}

/** Returns the README's table of channels with one subscriber each. */
export function ownChannels(results: ResultsFile): string {
  const section = "10,000 channels of one subscriber each";
  const ours = (how: string, row: string) =>
    ["Bun", "Node", "Deno"].map((title) => [
      `Tidings on ${title}${how}`,
      `Tidings on ${title}, ${row}`,
    ]);
  return table(
    ["", "µs a message", "messages a second"],
    [
      ...ours(", our client", "our client"),
      ...ours("", "v1"),
      ...(["bun", "node", "deno"] as const).map((runtime) => [
        `bare WebSocket server on ${TITLES[runtime]}, without a log`,
        bareName(runtime),
      ]),
      ["Centrifugo", "Centrifugo"],
      ["Centrifugo, batches of 64", "Centrifugo, batches of 64"],
      ["nats-server", "nats-server"],
      ["Socket.IO on Node", "Socket.IO on Node"],
    ].map(([label = "", row = ""]) => [
      label,
      fixed(results.number(section, row, CPU)),
      count(results.number(section, row, RATE)),
    ]),
  );
}
