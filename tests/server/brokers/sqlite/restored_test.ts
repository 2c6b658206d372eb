import { assertEquals, assertNotEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { copyFile, rename, rm } from "node:fs/promises";
import { message } from "../../../support/brokers/broker_contract.ts";
import { DatabaseFolder } from "../../../support/brokers/sqlite.ts";
import { collectLog, eventsIn } from "../../../support/log.ts";

/** Publishes a message; returns its id. */
async function publish(folder: DatabaseFolder): Promise<string> {
  const broker = await folder.open();
  const [id = ""] = await broker.publish("c", [message(1)]);
  await broker.close();
  return id;
}

describe("a database that was restored from an older copy", () => {
  it("begins new epochs, so that no id is given twice", async () => {
    await using folder = await DatabaseFolder.create();
    const copy = `${folder.path}.copy`;
    await publish(folder);
    await copyFile(folder.path, copy);
    const lost = await publish(folder);
    await copyFile(copy, folder.path);
    const after = await publish(folder);
    assertEquals([lost.slice(8), after.slice(8)], ["-2", "-2"]);
    assertNotEquals(after.slice(0, 8), lost.slice(0, 8));
    // From then on it is the database itself.
    assertEquals(await publish(folder), `${after.slice(0, 8)}-3`);
  });

  it("begins new epochs without the note of its owner, and when it takes the place of another", async () => {
    await using folder = await DatabaseFolder.create();
    const first = await publish(folder);
    await rm(`${folder.path}-owner`);
    const second = await publish(folder);
    assertNotEquals(second.slice(0, 8), first.slice(0, 8));
    await using other = await DatabaseFolder.create();
    await publish(other);
    await rename(folder.path, other.path);
    const third = await publish(other);
    assertEquals(third.slice(8), "-3");
    assertNotEquals(third.slice(0, 8), second.slice(0, 8));
  });

  it("keeps its epochs when it moves with the note of its owner", async () => {
    await using folder = await DatabaseFolder.create();
    await using other = await DatabaseFolder.create();
    const first = await publish(folder);
    await rename(folder.path, other.path);
    await rename(`${folder.path}-owner`, `${other.path}-owner`);
    assertEquals(await publish(other), `${first.slice(0, 8)}-2`);
  });

  it("begins new epochs when the machine was started again while commits were not waited for", async () => {
    await using folder = await DatabaseFolder.create();
    const publishNormally = async (): Promise<string> => {
      const broker = await folder.open({ synchronous: "normal" });
      const [id = ""] = await broker.publish("c", [message(1)]);
      const running = folder.count(
        "SELECT count(*) FROM state WHERE name = 'used_in_boot'",
      );
      await broker.close();
      assertEquals(running, 1);
      return id;
    };
    const first = await publishNormally();
    assertEquals(await publishNormally(), `${first.slice(0, 8)}-2`);
    // As a process leaves it that a power cut ended.
    const database = folder.database();
    database.exec("INSERT INTO state VALUES ('used_in_boot', 'another')");
    database.close();
    const third = await publishNormally();
    assertEquals(third.slice(8), "-3");
    assertNotEquals(third.slice(0, 8), first.slice(0, 8));
  });

  it("still knows the keys of its messages, and says in the log that it was restored", async () => {
    await using folder = await DatabaseFolder.create();
    const broker = await folder.open();
    const [id = ""] = await broker.publish("c", [message(1)], "k", 60_000);
    await broker.close();
    await rm(`${folder.path}-owner`);
    await using log = await collectLog("warning");
    const restored = await folder.open();
    const [again = ""] = await restored.publish("c", [message(1)], "k");
    const { entries, epoch } = await restored.read("c", 0, 9, 1e9);
    await restored.close();
    assertEquals(again.slice(8), id.slice(8));
    assertEquals([entries.length, `${epoch}-1`], [1, again]);
    assertEquals(eventsIn(log, "restored").length, 1);
  });
});
