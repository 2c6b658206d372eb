import { createHash } from "node:crypto";

const BLOCK = 64 * 1024;

/** Stands in for slow work: hashes a file block by block, and reports its progress. */
export async function scan(
  file: Uint8Array,
  onProgress: (percent: number) => Promise<unknown>,
): Promise<string> {
  const hash = createHash("sha256");
  for (let done = 0; done < file.length; done += BLOCK) {
    hash.update(file.subarray(done, done + BLOCK));
    await new Promise((resolve) => setTimeout(resolve, 60));
    await onProgress(Math.min(100, 100 * (done + BLOCK) / file.length));
  }
  return hash.digest("hex");
}
