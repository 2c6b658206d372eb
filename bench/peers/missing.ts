import { spawnSync } from "node:child_process";

/** Error for a program that the machine doesn't have. The servers that need it are left out. */
export class Missing extends Error {
  override readonly name = "Missing";
}

/**
 * Runs a program to find out whether the machine has it.
 *
 * @throws {Missing} When it doesn't.
 */
export function requireProgram(name: string, args: readonly string[]): void {
  const { error } = spawnSync(name, args);
  if (error) throw new Missing(`there is no ${name} here`);
}
