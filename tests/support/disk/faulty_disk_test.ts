import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { join } from "node:path";
import { Child } from "../process/child.ts";
import {
  commandFor,
  currentProgram,
  currentRuntime,
} from "../process/programs.ts";
import { gccPath } from "../requirements.ts";
import { until } from "../until.ts";
import { FaultyDisk } from "./faulty_disk.ts";

const onFaultyDisk = gccPath() === undefined ? describe.skip : describe;

const DAY_MS = 86_400_000;

/** A process that writes to a database on a faulty disk. */
class Database implements AsyncDisposable {
  readonly child: Child;
  readonly #answers: Array<(answer: Record<string, unknown>) => void> = [];

  private constructor({ folder, env }: FaultyDisk, synchronous: string) {
    const command = commandFor(
      currentProgram(),
      currentRuntime(),
      "tests/support/disk/database_main.ts",
    );
    command.push(join(folder, "test.db"), synchronous);
    const take = (line: string): void =>
      this.#answers.shift()?.(JSON.parse(line));
    this.child = new Child(command, take, () => {}, env);
  }

  static async open(
    disk: FaultyDisk,
    synchronous = "FULL",
  ): Promise<Database> {
    const database = new Database(disk, synchronous);
    assertEquals((await database.#answer()).ready, true);
    return database;
  }

  /** Sends a command; resolves with the answer. */
  ask(line: string): Promise<Record<string, unknown>> {
    this.child.write(line);
    return this.#answer();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.child.stop();
  }

  #answer(): Promise<Record<string, unknown>> {
    return new Promise((resolve) => this.#answers.push(resolve));
  }
}

onFaultyDisk("a database on a faulty disk", () => {
  it("works without a fault, and its writes and syncs are counted", async () => {
    await using disk = await FaultyDisk.create();
    await using database = await Database.open(disk);
    const before = disk.counts;
    assertEquals((await database.ask("insert one")).count, 1);
    const { writes, syncs, syncsBegun, refused } = disk.counts;
    assert(writes > before.writes);
    assertEquals(syncs, before.syncs + 1);
    assertEquals([syncsBegun, refused], [syncs, 0]);
  });

  it("fails while the disk is full, gives I/O errors or is read-only, and works again afterwards", async () => {
    await using disk = await FaultyDisk.create();
    await using database = await Database.open(disk);
    for (const fault of ["full", "eio", "readonly"] as const) {
      disk.set(fault);
      const { error } = await database.ask(`insert ${fault}`);
      assertEquals(typeof error, "string", fault);
      assert(disk.counts.refused > 0);
      disk.set("ok");
    }
    assertEquals((await database.ask("insert one")).count, 1);
  });

  it("fails on a full disk once its files have grown by the free bytes", async () => {
    await using disk = await FaultyDisk.create();
    await using database = await Database.open(disk);
    disk.set("full", 50_000);
    assertEquals((await database.ask("insert one")).count, 1);
    let failed = false;
    for (let n = 0; n < 100 && !failed; n++) {
      failed = "error" in await database.ask("insert more");
    }
    assert(failed);
  });

  it("waits for each sync of a slow disk", async () => {
    await using disk = await FaultyDisk.create();
    await using database = await Database.open(disk);
    disk.set("slow", 200);
    const started = performance.now();
    await database.ask("insert one");
    assert(performance.now() - started >= 200);
  });

  it("waits for a held sync until the disk goes on", async () => {
    await using disk = await FaultyDisk.create();
    await using database = await Database.open(disk);
    disk.set("hold");
    const { syncs, syncsBegun } = disk.counts;
    let isAnswered = false;
    const answer = database.ask("insert one").then((answer) => {
      isAnswered = true;
      return answer;
    });
    await until(() => disk.counts.syncsBegun > syncsBegun);
    assertEquals([isAnswered, disk.counts.syncs], [false, syncs]);
    disk.set("ok");
    assertEquals((await answer).count, 1);
  });

  it("kills the process at each write and sync, and what was committed stays", async () => {
    await using disk = await FaultyDisk.create();
    let count = 0;
    for (let operations = 1; operations < 6; operations++) {
      await using database = await Database.open(disk);
      disk.set("die", operations);
      let answered = 0;
      for (let n = 0; n < operations; n++) {
        void database.ask("insert more").then(() => answered++);
      }
      assertEquals((await database.child.exited).signal, "SIGKILL");
      disk.set("ok");
      await using again = await Database.open(disk);
      const found = Number((await again.ask("count")).count);
      assert(found >= count + answered, `${found} of ${count} + ${answered}`);
      assert(found <= count + operations);
      count = found;
    }
    assert(count > 0);
  });

  it("loses what was written and not synced when the power is cut", async () => {
    await using disk = await FaultyDisk.create(true);
    await using database = await Database.open(disk, "OFF");
    for (let n = 0; n < 20; n++) await database.ask("insert more");
    disk.set("cut", 1);
    database.child.write("insert more");
    await database.child.exited;
    disk.set("ok");
    await using again = await Database.open(disk);
    const found = Number((await again.ask("count")).count);
    assert(found < 20, `${found} are left`);
  });

  it("keeps what was synced when the power is cut", async () => {
    await using disk = await FaultyDisk.create(true);
    let count = 0;
    for (let operations = 1; operations < 8; operations++) {
      await using database = await Database.open(disk);
      disk.set("cut", operations);
      let answered = 0;
      for (let n = 0; n < operations; n++) {
        void database.ask("insert more").then(() => answered++);
      }
      assertEquals((await database.child.exited).signal, "SIGKILL");
      disk.set("ok");
      await using again = await Database.open(disk);
      const found = Number((await again.ask("count")).count);
      assert(found >= count + answered, `${found} of ${count} + ${answered}`);
      count = found;
    }
  });

  it("has the shifted clock in each thread, and can still wait", async () => {
    await using disk = await FaultyDisk.create();
    await using database = await Database.open(disk);
    for (const ms of [DAY_MS, -DAY_MS, 0]) {
      disk.shiftClock(ms);
      const answer = await database.ask("clock");
      for (const thread of ["main", "worker", "sqlite"]) {
        const shifted = Number(answer[thread]) - Date.now();
        assert(Math.abs(shifted - ms) < 10_000, `${thread}: ${shifted}`);
      }
    }
  });
});
