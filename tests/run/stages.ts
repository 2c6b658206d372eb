/** A stage of the gate. */
export interface Stage {
  readonly name: string;
  /** Arguments of `deno`. */
  readonly command: readonly string[];
}

/** The stages before the tests, quickest first. */
export const STAGES: readonly Stage[] = [
  { name: "format", command: ["fmt", "--check"] },
  { name: "lint", command: ["task", "lint"] },
  { name: "types", command: ["task", "check"] },
  { name: "docs", command: ["task", "doc"] },
  { name: "doc examples", command: ["task", "doc:examples"] },
  { name: "publish dry run", command: ["task", "publish:check"] },
  { name: "bundle size", command: ["task", "size"] },
];
