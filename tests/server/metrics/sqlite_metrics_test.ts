import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { stat } from "node:fs/promises";
import { message } from "../../support/brokers/broker_contract.ts";
import { DatabaseFolder } from "../../support/brokers/sqlite.ts";
import { startGateway } from "../../support/gateway/gateway.ts";
import { ADMIN_KEY, readSamples } from "../../support/metrics/samples.ts";

describe("the metrics of a gateway with a SQLite broker", () => {
  it("tell what is in memory, and the bytes of the file", async () => {
    await using folder = await DatabaseFolder.create();
    const broker = await folder.open();
    await using gateway = await startGateway({ broker, adminKey: ADMIN_KEY });
    await broker.publish("c", [message("x".repeat(100_000))]);
    const samples = await readSamples(gateway);
    assertEquals(samples.get("tidings_log_messages"), 1);
    assert((samples.get("tidings_log_bytes") ?? 0) > 100_000);
    const bytes = samples.get("tidings_storage_bytes") ?? 0;
    assert(bytes > 100_000, `${bytes}`);
    await broker.close();
    assertEquals((await stat(folder.path)).size, bytes);
  });
});
