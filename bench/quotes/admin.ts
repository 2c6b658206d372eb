import { RUNTIMES, TITLES } from "../../tests/support/process/programs.ts";
import type { ResultsFile } from "../results_file.ts";
import { CPU, precise, table } from "./cells.ts";

const MEMORY = "10,000 connections with a channel each";
const ANSWERS = "an operator's questions";

/** The questions, by what docs/admin.md calls them. */
const QUESTIONS = {
  "100 channels by rate": "channels?sort=rate&limit=100",
  "500 channels by name": "channels?sort=name&limit=500",
  "one channel": "channels/bench-admin-1",
  "100 sessions": "sessions?limit=100",
  "500 sessions": "sessions?limit=500",
  "the sessions of one channel": "sessions?channel=bench-admin-1",
} as const;

/** Returns the table of docs/admin.md. */
export function adminCosts(results: ResultsFile): string {
  const memory = (suffix: string) =>
    RUNTIMES.map((runtime) => {
      const row = `Tidings on ${TITLES[runtime]}${suffix}`;
      return write(results.number(MEMORY, row, "KB per connection"));
    });
  const answers = Object.entries(QUESTIONS).map(([what, question]) => [
    `CPU, ms: ${what}`,
    ...RUNTIMES.map((runtime) =>
      write(results.number(ANSWERS, `${runtime}: ${question}`, CPU), 1000)
    ),
  ]);
  return table(["", ...RUNTIMES.map((runtime) => TITLES[runtime])], [
    ["memory a connection, KB, no admin key", ...memory("")],
    ["memory a connection and channel, KB", ...memory(", with an admin key")],
    ...answers,
  ]);
}

function write(value: number | undefined, divisor = 1): string {
  return value === undefined ? "" : precise(value / divisor);
}
