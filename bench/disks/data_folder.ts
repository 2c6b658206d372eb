import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ServerProcess } from "../peers/server_process.ts";

/** A folder that a server writes its data into. */
export class DataFolder {
  /** Its path, in the folder for temporary files. */
  readonly path: string = mkdtempSync(join(tmpdir(), "tidings-bench-"));

  /** The bytes of all files in it. */
  get bytes(): number {
    return readdirSync(this.path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .reduce(
        (sum, { parentPath, name }) =>
          sum + statSync(join(parentPath, name)).size,
        0,
      );
  }

  /** Returns the server that stores messages in it, and deletes it when the server is stopped. */
  of(server: ServerProcess): ServerProcess {
    return {
      ...server,
      fileBytes: () => this.bytes,
      [Symbol.asyncDispose]: async () => {
        await server[Symbol.asyncDispose]();
        this.delete();
      },
    };
  }

  /** Deletes it with its files. */
  delete(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
