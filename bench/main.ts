/**
 * Measures our gateway on Deno, Bun and Node beside other servers.
 *
 * ```sh
 * deno task bench [scenario…] [--runtime deno|bun|node|all] [--rounds n] [--short]
 * ```
 *
 * Prints a table for each scenario, and which targets were met. Exits with 1 when our gateway lost, repeated or reordered a message.
 *
 * @module
 */

import { writeFileSync } from "node:fs";
import process from "node:process";
import { prepare } from "../tests/run/setup.ts";
import { Lab } from "./lab.ts";
import { describeMachine } from "./machine.ts";
import { type Options, parseOptions, USAGE } from "./options.ts";
import type { Section } from "./results.ts";
import { SCENARIOS } from "./scenarios/mod.ts";
import { ROOT } from "../tests/support/root.ts";
import { formatSection } from "./table.ts";
import { formatTargets } from "./target.ts";
import { TARGETS } from "./targets.ts";

async function run(
  { scenarios, runtimes, effort, before, isWhole }: Options,
): Promise<number> {
  const start = performance.now();
  const programs = await prepare();
  await using lab = new Lab(programs, runtimes, effort, before);
  console.log(describeMachine(programs) + "\n");
  const sections: Section[] = [];
  for (const scenario of SCENARIOS) {
    const began = performance.now();
    const wanted = scenario.names.filter((n) => scenarios.includes(n));
    if (wanted.length === 0) continue;
    try {
      for (const section of await scenario.run(lab, wanted)) {
        sections.push(section);
        console.log(formatSection(section));
      }
    } catch (error) {
      // The other scenarios are still worth measuring.
      lab.breaches.push(`scenario ${wanted.join(", ")} failed: ${error}`);
    }
    await lab.clear();
    console.log(`Scenario ${wanted.join(", ")}: ${minutesSince(began)} min\n`);
    // Written after each scenario, so that one that fails doesn't take the others with it.
    // The machine is described each time, as some servers are installed only when they are needed.
    if (isWhole) {
      writeResults(describeMachine(programs), effort.rounds, sections);
    }
  }
  console.log(formatTargets(TARGETS, sections));
  for (const note of lab.notes) console.log(`Other servers: ${note}`);
  for (const breach of lab.breaches) console.log(`BREACH: ${breach}`);
  console.log(`${minutesSince(start)} min, ${effort.rounds} rounds`);
  return lab.breaches.length > 0 ? 1 : 0;
}

function minutesSince(start: number): string {
  return ((performance.now() - start) / 60_000).toFixed(1);
}

function writeResults(
  machine: string,
  rounds: number,
  sections: readonly Section[],
): void {
  const targets = formatTargets(TARGETS, sections);
  const tables = sections.map(formatSection).join("\n");
  writeFileSync(
    `${ROOT}/bench/results.md`,
    `# Results\n\nWritten by \`deno task bench\`; [README](README.md) says what was measured.\n\n` +
      `${machine}\n- ${rounds} rounds, medians\n\n${targets}\n${tables}`,
  );
}

const options = parseOptions(process.argv.slice(2));
if (typeof options === "string") {
  console.error(options);
  process.exit(options === USAGE ? 0 : 2);
}
process.exit(await run(options));
