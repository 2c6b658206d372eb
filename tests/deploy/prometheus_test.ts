import { assert, assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startGateway, type TestGateway } from "../support/gateway/gateway.ts";
import { readDeploy } from "../support/deploy_files.ts";
import {
  type Prometheus,
  promtool,
  startPrometheus,
} from "../support/metrics/prometheus.ts";
import { ADMIN_KEY, requestMetrics } from "../support/metrics/samples.ts";
import { prometheusPath, promtoolPath } from "../support/requirements.ts";
import { ROOT } from "../support/root.ts";
import { until } from "../support/until.ts";
import { publishAll } from "../support/wire/publish.ts";
import { connectSse, type SseClient } from "../support/wire/sse.ts";
import {
  connectReady,
  tokenFor,
  type WireClient,
} from "../support/wire/websocket.ts";

const isHere = prometheusPath() !== undefined && promtoolPath() !== undefined;
const withPrometheus = isHere ? describe : describe.skip;

const MESSAGES = Array.from({ length: 50 }, (_, index) => index);

/** Returns the titles and queries of the dashboard's panels. */
function panelQueries(): Array<{ title: string; query: string }> {
  const { panels } = JSON.parse(readDeploy("grafana-dashboard.json"));
  return panels.flatMap((
    { title, targets = [] }: { title: string; targets?: { expr: string }[] },
  ) =>
    targets.map(({ expr }) => ({
      title,
      query: expr.replaceAll("$__rate_interval", "10s")
        .replaceAll("$instance", ".*"),
    }))
  );
}

withPrometheus("a Prometheus that scrapes a loaded gateway", () => {
  let gateway: TestGateway;
  let prometheus: Prometheus;
  let target: string;
  const sockets: WireClient[] = [];
  let sse: SseClient;
  beforeAll(async () => {
    gateway = await startGateway({ adminKey: ADMIN_KEY });
    target = new URL(gateway.url).host;
    prometheus = await startPrometheus([target], ADMIN_KEY);
    const token = await tokenFor(gateway, ["c/t"]);
    for (let i = 0; i < 3; i++) {
      sockets.push((await connectReady(gateway, { token })).client);
    }
    sse = await connectSse(gateway, { token });
    await publishAll(gateway, "c/t", MESSAGES);
    for (const client of [...sockets, sse]) await client.take(MESSAGES.length);
    await until(async () => await valueOf(PUBLISHED) === MESSAGES.length);
    // A rate needs two scrapes.
    await until(async () =>
      (await prometheus.query("rate(tidings_gaps_total[10s])")).length > 0
    );
  });
  afterAll(async () => {
    await sse[Symbol.asyncDispose]();
    for (const client of sockets) await client[Symbol.asyncDispose]();
    await prometheus[Symbol.asyncDispose]();
    await gateway.close();
  });

  const PUBLISHED = 'sum(tidings_messages_published_total{via="http"})';

  /** Returns the number that a query answers with. */
  async function valueOf(promql: string): Promise<number | undefined> {
    return (await prometheus.query(promql))[0]?.value;
  }

  it("answers queries with the numbers of the load", async () => {
    const expected = {
      [`up{job="tidings",instance="${target}"}`]: 1,
      'sum(tidings_connections{transport="websocket"})': 3,
      'sum(tidings_connections{transport="sse"})': 1,
      "sum(tidings_subscriptions)": 4,
      "tidings_channels": 1,
      'tidings_messages_delivered_total{transport="websocket"}': 150,
      'tidings_messages_delivered_total{transport="sse"}': 50,
      "tidings_broker_publish_seconds_count": 50,
      "tidings_broker_up": 1,
      "tidings_log_messages": 50,
      "sum(tidings_connections_refused_total)": 0,
    };
    for (const [promql, value] of Object.entries(expected)) {
      assertEquals([promql, await valueOf(promql)], [promql, value]);
    }
  });

  it("has data for every query of the dashboard", async () => {
    const queries = panelQueries();
    assert(queries.length > 25);
    for (const { title, query } of queries) {
      const found = await prometheus.query(query);
      assert(found.length > 0, `"${title}" has no data: ${query}`);
    }
    // A query of a metric that has another name now has no data.
    const [{ query } = { query: "" }] = panelQueries()
      .filter(({ title }) => title === "Connections");
    const renamed = query.replace("connections", "links");
    assertEquals(await prometheus.query(renamed), []);
  });

  it("evaluates the alerts, none of which fires", async () => {
    const names = [
      ...readDeploy("alerts.yml").matchAll(/\b(?:tidings|process)_\w+/g),
    ]
      .map(([name]) => name);
    for (const name of new Set(names)) {
      const found = await prometheus.query(name);
      assert(found.length > 0, `no data for "${name}"`);
    }
    assertEquals(await prometheus.query('ALERTS{alertstate="firing"}'), []);
  });

  it("finds nothing to complain of in the text", async () => {
    const text = await (await requestMetrics(gateway)).text();
    const checked = promtool(["check", "metrics"], text);
    assertEquals(checked, { code: 0, output: "" });
    const odd = "# TYPE tidings_odd counter\ntidings_odd 1\n";
    assertEquals(promtool(["check", "metrics"], text + odd).code, 3);
  });
});

withPrometheus("the alerts", () => {
  it("are valid rules", () => {
    const { code, output } = promtool(["check", "rules", "deploy/alerts.yml"]);
    assertEquals([code, output.includes("SUCCESS: 12 rules")], [0, true]);
  });

  it("fire when things go wrong, and not before", () => {
    const cases = "tests/deploy/alert_cases.yml";
    const { code, output } = promtool(["test", "rules", cases]);
    assertEquals(code, 0, output);
    for (const [, name] of readDeploy("alerts.yml").matchAll(/alert: (\w+)/g)) {
      const text = readFileSync(join(ROOT, cases), "utf8");
      assert(text.includes(`alertname="${name}"`), `no case has "${name}"`);
    }
  });
});
