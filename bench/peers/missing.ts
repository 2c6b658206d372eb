import { spawnSync } from "node:child_process";

/** A program that the machine doesn't have: what needs it is left out. */
export class Missing extends Error {
  override readonly name = "Missing";
}

/**
 * Looks for a program.
 *
 * @throws {Missing} Where there is none of that name.
 */
export function requireProgram(name: string, args: readonly string[]): string {
  const { error, stdout, stderr } = spawnSync(name, args, { encoding: "utf8" });
  if (error) throw new Missing(`there is no ${name} here`);
  return (stdout || stderr).split("\n")[0] ?? "";
}
