/** A stage of the gate. */
export interface Stage {
  readonly name: string;
  /** Arguments of `deno`. */
  readonly command: readonly string[];
}

/** The stages before the tests. The longest one comes first, as the others run beside it. */
export const STAGES: readonly Stage[] = [
  { name: "types", command: ["task", "check"] },
  { name: "format", command: ["fmt", "--check"] },
  { name: "lint", command: ["task", "lint"] },
  { name: "docs", command: ["task", "doc"] },
  { name: "doc examples", command: ["task", "doc:examples"] },
  { name: "publish dry run", command: ["task", "publish:check"] },
  { name: "bundle size", command: ["task", "size"] },
];
