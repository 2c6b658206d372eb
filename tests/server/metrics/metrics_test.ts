import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { MemoryBroker } from "../../../server/mod.ts";
import { DatabaseFolder } from "../../support/brokers/sqlite.ts";
import { startGateway } from "../../support/gateway/gateway.ts";
import { collectLog, eventsIn } from "../../support/log.ts";
import {
  ADMIN_KEY,
  counted,
  readSamples,
  requestMetrics,
  type Samples,
} from "../../support/metrics/samples.ts";
import { ROOT } from "../../support/root.ts";
import { until } from "../../support/until.ts";
import {
  batch,
  bodyOf,
  post,
  postJson,
  publish,
  publishAll,
} from "../../support/wire/publish.ts";
import { connectSse, requestSse } from "../../support/wire/sse.ts";
import {
  connectReady,
  connectWire,
  handshake,
  type Target,
  tokenFor,
} from "../../support/wire/websocket.ts";

const adminKey = ADMIN_KEY;

/** Waits until a metric has a value. */
async function untilSample(
  target: Target,
  name: string,
  value: number,
): Promise<Samples> {
  let samples = await readSamples(target);
  await until(async () => {
    samples = await readSamples(target);
    return samples.get(name) === value;
  });
  return samples;
}

describe("the metrics", () => {
  it("count messages by the way they came, one for each topic", async () => {
    await using gateway = await startGateway({ adminKey });
    await publish(gateway, "c/t", 1);
    const topic = ["t", "u"];
    await postJson(gateway, { channel: "c", topic, body: "1" });
    await batch(gateway, [
      { channel: "c", topic: "t", data: 1 },
      { channel: "c", topic: "t", data: 2 },
      { channel: "", topic: "t", data: 3 },
      "not JSON",
    ]);
    const token = await tokenFor(gateway, ["c/t"], { publish: true });
    await using client = (await connectReady(gateway, { token })).client;
    const frame = { kind: "publish", channel: "c", topic: "t", data: 1 };
    await client.send({ ...frame, ref: "a" });
    await client.find("ack");
    await client.send({ ...frame, ref: "b", reply_to: "malformed" });
    await client.find("error");
    const chunks = ["a", "b"].map((text) => new TextEncoder().encode(text));
    const headers = { "content-type": "text/stream" };
    const body = bodyOf(chunks);
    await postJson(gateway, { channel: "s", topic: "t", headers, body });
    const samples = await readSamples(gateway);
    const via = (name: string) =>
      samples.get(`tidings_messages_published_total{via="${name}"}`);
    assertEquals(["http", "batch", "websocket"].map(via), [3, 2, 1]);
    // The body may arrive in one piece: a start, one or two chunks, an end.
    assert((via("stream") ?? 0) >= 3);
    assertEquals(samples.get('tidings_publish_refused_total{code="400"}'), 3);
    const published = samples.get("tidings_broker_publish_seconds_count") ?? 0;
    const requests = 2 + 2 + 1 + (via("stream") ?? 0);
    // A reply to a malformed id doesn't reach the broker, but its time counts too.
    assertEquals(published, requests + 1);
    const all = samples.get('tidings_broker_publish_seconds_bucket{le="+Inf"}');
    assertEquals(all, published);
  });

  it("count messages that were delivered, live and from the log, for each connection", async () => {
    await using gateway = await startGateway({ adminKey });
    const ids = await publishAll(gateway, "c/t", [1, 2, 3]);
    const token = await tokenFor(gateway, ["c/t"]);
    await using a = (await connectReady(gateway, { token })).client;
    const since = ids[0] ?? "";
    await using b = (await connectReady(gateway, { token, since })).client;
    await using plain = await connectSse(gateway, { token });
    await b.take(2);
    await publish(gateway, "c/t", 4);
    await Promise.all([a.next(), b.next(), plain.next()]);
    assertEquals(counted(await readSamples(gateway)), {
      'tidings_connections{transport="websocket",protocol="tidings.v1"}': 2,
      'tidings_connections{transport="sse",protocol="plain"}': 1,
      "tidings_subscriptions": 3,
      "tidings_channels": 1,
      'tidings_messages_published_total{via="http"}': 4,
      'tidings_messages_delivered_total{transport="websocket"}': 4,
      'tidings_messages_delivered_total{transport="sse"}': 1,
      'tidings_resumes_total{recovered="true"}': 1,
      "tidings_broker_up": 1,
      "tidings_log_messages": 4,
      "tidings_log_bytes":
        (await readSamples(gateway)).get("tidings_log_bytes") ?? 0,
    });
  });

  it("count no close of a client as one of the gateway's, whatever its code is", async () => {
    await using log = await collectLog("debug");
    await using gateway = await startGateway({ adminKey });
    const token = await tokenFor(gateway, ["c/t"]);
    const codes = [1012, 4400, 4401, 4403, 4408, 4429];
    for (const code of codes) {
      const { socket } = await handshake(gateway, { token });
      await socket?.close(code);
    }
    const metric = (code: unknown) =>
      `tidings_connections_closed_total{code="${code}"}`;
    const samples = await untilSample(gateway, metric("other"), codes.length);
    for (const code of codes) assertEquals(samples.get(metric(code)) ?? 0, 0);
    assertEquals(
      eventsIn(log, "closed").map(({ by, code }) => [by, code]),
      codes.map((code) => ["client", code]),
    );
  });

  it("count connections that ended by their codes, and no longer as open", async () => {
    await using gateway = await startGateway({ adminKey });
    const token = await tokenFor(gateway, ["c/t"]);
    const { client } = await connectReady(gateway, { token });
    await client.close();
    await using other = (await connectReady(gateway, { token })).client;
    await gateway.gateway.drain({ spread: "0ms" });
    assertEquals((await other.closed).code, 1012);
    const name = 'tidings_connections_closed_total{code="1012"}';
    const samples = await untilSample(gateway, name, 1);
    const closed = [...samples].filter(([key, value]) =>
      key.startsWith("tidings_connections_closed_total") && value > 0
    );
    assertEquals(closed.length, 2);
    assertEquals(samples.get("tidings_subscriptions"), 0);
    assertEquals(
      samples.get(
        'tidings_connections{transport="websocket",protocol="tidings.v1"}',
      ),
      0,
    );
  });

  it("count clients that were refused when they connected, whatever their transport and protocol", async () => {
    await using gateway = await startGateway({ adminKey });
    const foreign = { url: gateway.url, signingKey: "f".repeat(32) };
    const token = await tokenFor(foreign, ["c/t"]);
    const refused = await requestSse(gateway, { token });
    assertEquals(refused.status, 401);
    await refused.body?.cancel();
    await using sse = await connectSse(gateway, { token, v1: true });
    assertEquals((await sse.next()).kind, "error");
    // On Deno the handshake itself is refused.
    const client = await connectWire(gateway, { token, v1: true })
      .catch(() => undefined);
    await client?.closed;
    const name = 'tidings_connections_refused_total{code="401"}';
    await untilSample(gateway, name, 3);
  });

  it("count gaps and resumes that missed messages", async () => {
    await using gateway = await startGateway({ adminKey });
    await publish(gateway, "c/t", 1);
    const token = await tokenFor(gateway, ["c/t"]);
    const since = "zzzzzzzz-5";
    await using client = (await connectReady(gateway, { token, since })).client;
    await client.find("gap");
    const samples = await readSamples(gateway);
    assertEquals(samples.get("tidings_gaps_total"), 1);
    assertEquals(samples.get('tidings_resumes_total{recovered="false"}'), 1);
    assertEquals(samples.get('tidings_resumes_total{recovered="true"}'), 0);
  });

  it("count requests to publish that were refused by their status", async () => {
    await using gateway = await startGateway({ adminKey, maxMessageBytes: 10 });
    const message = { channel: "c", topic: "t", body: '"0123456789"' };
    assertEquals((await postJson(gateway, message)).status, 413);
    const bearer = await tokenFor(gateway, ["c/t"]);
    const body = "1";
    assertEquals(
      (await postJson(gateway, { ...message, body, bearer })).status,
      403,
    );
    const unsigned = await post(gateway, { ...message, body, bearer: "" });
    assertEquals(unsigned.status, 401);
    await unsigned.body?.cancel();
    // Minting is no publish.
    const minted = await post(gateway, { route: "token", body, bearer: "" });
    assertEquals(minted.status, 401);
    await minted.body?.cancel();
    const samples = await readSamples(gateway);
    const refused = [401, 403, 413].map((code) =>
      samples.get(`tidings_publish_refused_total{code="${code}"}`)
    );
    assertEquals(refused, [1, 1, 1]);
  });

  it("tell whether the broker is up", async () => {
    let isUp = true;
    const broker = new MemoryBroker();
    broker.health = () => Promise.resolve({ ok: isUp });
    await using gateway = await startGateway({ adminKey, broker });
    assertEquals((await readSamples(gateway)).get("tidings_broker_up"), 1);
    isUp = false;
    assertEquals((await readSamples(gateway)).get("tidings_broker_up"), 0);
  });

  it("have those of the process, and none of a runtime", async () => {
    await using gateway = await startGateway({ adminKey });
    const samples = await readSamples(gateway);
    const names = new Set([...samples.keys()].map((key) => key.split("{")[0]));
    const others = [...names].filter((name) => !name?.startsWith("tidings_"));
    const everywhere = [
      "process_cpu_user_seconds_total",
      "process_cpu_system_seconds_total",
      "process_cpu_seconds_total",
      "process_start_time_seconds",
      "process_resident_memory_bytes",
    ];
    const onLinux = [
      "process_virtual_memory_bytes",
      "process_heap_bytes",
      "process_open_fds",
      "process_max_fds",
    ];
    assertEquals(
      others,
      process.platform === "linux" ? [...everywhere, ...onLinux] : everywhere,
    );
    for (const name of others) {
      const value = samples.get(name ?? "") ?? 0;
      assert(name?.startsWith("process_cpu") ? value >= 0 : value > 0, name);
    }
    const started = samples.get("process_start_time_seconds") ?? 0;
    assert(Math.abs(Date.now() / 1000 - started) < 3600);
    assert((samples.get("process_cpu_seconds_total") ?? 0) < 3600);
  });

  it("have no channel, topic, user or token in any label", async () => {
    await using gateway = await startGateway({ adminKey });
    const token = await tokenFor(gateway, ["secret-channel/secret-topic"], {
      sub: "secret-user",
      publish: true,
    });
    await using client = (await connectReady(gateway, { token })).client;
    await publish(gateway, "secret-channel/secret-topic", "secret-data");
    await client.next();
    await client.send({ kind: "publish", channel: "secret", topic: "secret" });
    await client.find("error");
    const text = await (await requestMetrics(gateway)).text();
    assert(!text.includes("secret") && !text.includes(token));
    assertEquals(
      new Set([...text.matchAll(/[{,](\w+)="/g)].map(([, label]) => label)),
      new Set(["transport", "protocol", "via", "code", "recovered", "le"]),
    );
  });

  it("are all in the table of docs/deploy.md, with their types and labels", async () => {
    // The SQLite broker has all metrics, those of a file among them.
    await using folder = await DatabaseFolder.create();
    const broker = await folder.open();
    await using gateway = await startGateway({ adminKey, broker });
    const text = await (await requestMetrics(gateway)).text();
    const document = readFileSync(join(ROOT, "docs/deploy.md"), "utf8");
    const [, section = ""] = document.split("\n## Metrics\n");
    const [table = ""] = section.split("\n## ");
    const rows = new Map(
      [...table.matchAll(/^\| `(\w+)` +\| (\w+) +\| ([^|]*)\|/gm)]
        .map(([, name = "", ...cells]) => [
          name,
          cells.map((cell) => cell.replaceAll(/[` ]/g, "")),
        ]),
    );
    const types = [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)];
    const found = new Map(types.map(([, name = "", type = ""]) => {
      const [, row = ""] = new RegExp(`^${name}{([^}]*)}`, "m").exec(text) ??
        [];
      const labels = [...row.matchAll(/(\w+)="/g)].map(([, label]) => label);
      return [name, [type, labels.join(",")]];
    }));
    // The two parts of the CPU time are in the row of the whole.
    found.delete("process_cpu_user_seconds_total");
    found.delete("process_cpu_system_seconds_total");
    assertEquals(rows, found);
  });
});
