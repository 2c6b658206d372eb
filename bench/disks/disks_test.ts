import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  currentProgram,
  currentRuntime,
} from "../../tests/support/process/programs.ts";
import { stracePath } from "../../tests/support/requirements.ts";
import { BareDisk } from "./bare_disk.ts";
import { DataFolder } from "./data_folder.ts";
import { type Disk, PLAYED_MS } from "./disk.ts";

const itWithStrace = stracePath() === undefined ? it.skip : it;

async function append(disk: Disk): Promise<number> {
  await using bare = await BareDisk.start(
    currentProgram(),
    currentRuntime(),
    disk,
  );
  const { p50Ms, p99Ms } = await bare.append(20);
  assert(p99Ms >= p50Ms);
  return p50Ms;
}

describe("BareDisk", () => {
  it("measures appends to this machine's disk", async () => {
    assert(await append("own") > 0);
  });

  itWithStrace("measures the time that a played disk adds", async () => {
    assert(await append("played") >= PLAYED_MS);
  });
});

describe("DataFolder", () => {
  it("counts the bytes of all its files, and is deleted with its server", async () => {
    const folder = new DataFolder();
    mkdirSync(join(folder.path, "deep"));
    writeFileSync(join(folder.path, "one"), "12345");
    writeFileSync(join(folder.path, "deep", "two"), "678");
    let isStopped = false;
    const server = folder.of({
      pid: 0,
      port: 0,
      publishPort: 0,
      residentBytes: () => Promise.resolve(0),
      [Symbol.asyncDispose]() {
        isStopped = true;
        return Promise.resolve();
      },
    });
    assertEquals(server.fileBytes?.(), 8);
    await server[Symbol.asyncDispose]();
    assert(isStopped && !existsSync(folder.path));
  });
});
