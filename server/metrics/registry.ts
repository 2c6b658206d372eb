import { Counter, Gauge, Registry } from "prom-client";
import type { Hub } from "../fan_out/hub.ts";
import type { OpenSessions } from "../sessions/open_sessions.ts";
import { CountedHistogram } from "./counted_histogram.ts";
import type { Counts } from "../events/counts.ts";
import type { EventLoopLag } from "./event_loop_lag.ts";
import { addProcessMetrics } from "./process_metrics.ts";
import { sumSessions } from "./session_sums.ts";

/** The parts of the gateway that the metrics read. */
export interface MetricsSource {
  readonly counts: Counts;
  readonly hub: Hub;
  readonly sessions: OpenSessions;
  readonly lag: EventLoopLag;
}

/**
 * Creates the registry of a gateway's metrics. Each scrape reads the plain numbers that the gateway counted; no label ever holds a channel, a
 * topic, a user or a token, so the number of rows is bounded.
 */
export function createRegistry(source: MetricsSource): Registry {
  const registry = new Registry();
  addSessionMetrics(registry, source);
  addBrokerMetrics(registry, source);
  addCounters(registry, source);
  addGauge(
    registry,
    "tidings_channels",
    "Channels that connections follow.",
    () => source.hub.size,
  );
  addGauge(
    registry,
    "tidings_event_loop_lag_seconds",
    "Longest delay of the event loop in the last 10 to 20 seconds.",
    () => source.lag.seconds,
  );
  addProcessMetrics(registry);
  return registry;
}

function addSessionMetrics(
  registry: Registry,
  { sessions }: MetricsSource,
): void {
  const registers = [registry];
  new Gauge({
    name: "tidings_connections",
    help: "Open connections.",
    labelNames: ["transport", "protocol"],
    registers,
    collect() {
      // One pass for the three metrics. The registry collects this one first.
      const sums = sumSessions(sessions.all());
      for (const { transport, protocol, connections } of sums.connections) {
        this.set({ transport, protocol }, connections);
      }
      subscriptions.set(sums.subscriptions);
      queue.set(sums.queuedBytes);
    },
  });
  const subscriptions = new Gauge({
    name: "tidings_subscriptions",
    help: "Subscriptions of all connections.",
    registers,
  });
  const queue = new Gauge({
    name: "tidings_send_queue_bytes",
    help: "Bytes that wait to be sent to clients.",
    registers,
  });
}

function addBrokerMetrics(
  registry: Registry,
  { counts, hub: { broker } }: MetricsSource,
): void {
  addGauge(
    registry,
    "tidings_broker_up",
    "Whether the broker can be used: 1 or 0.",
    async () => (await broker.health()).ok ? 1 : 0,
  );
  new CountedHistogram(
    registry,
    "tidings_broker_publish_seconds",
    "Time that the broker took to accept or refuse a publish.",
    counts.brokerPublish,
  );
  if (!broker.usage) return;
  const usage = broker.usage.bind(broker);
  addGauge(
    registry,
    "tidings_log_messages",
    "Messages in the logs of this process.",
    () => usage().messages,
  );
  addGauge(
    registry,
    "tidings_log_bytes",
    "Bytes of memory that the logs of this process take.",
    () => usage().bytes,
  );
  if (usage().fileBytes === undefined) return;
  addGauge(
    registry,
    "tidings_storage_bytes",
    "Bytes of the file that has the logs, free pages included.",
    () => usage().fileBytes ?? 0,
  );
}

function addCounters(
  registry: Registry,
  { counts, hub }: MetricsSource,
): void {
  addCounter(
    registry,
    "tidings_messages_published_total",
    "Messages that the broker took, one for each topic.",
    "via",
    () => Object.entries(counts.published),
  );
  addCounter(
    registry,
    "tidings_messages_delivered_total",
    "Messages that were sent to connections, one for each connection.",
    "transport",
    () => Object.entries(hub.delivered),
  );
  addCounter(
    registry,
    "tidings_publish_refused_total",
    "Messages that were refused, by the HTTP status.",
    "code",
    () => counts.publishRefused,
  );
  addCounter(
    registry,
    "tidings_connections_refused_total",
    "Clients that were refused when they connected, by the HTTP status.",
    "code",
    () => counts.connectionsRefused,
  );
  addCounter(
    registry,
    "tidings_connections_closed_total",
    "Connections that ended, by the close code.",
    "code",
    () => counts.closed,
  );
  addCounter(
    registry,
    "tidings_resumes_total",
    "Subscriptions that continued after an id, by whether nothing was missed.",
    "recovered",
    () => [
      ["true", counts.resumes.recovered],
      ["false", counts.resumes.lost],
    ],
  );
  new Counter({
    name: "tidings_gaps_total",
    help: "Gaps that clients were told of.",
    registers: [registry],
    collect() {
      this.reset();
      this.inc(counts.gaps);
    },
  });
}

function addGauge(
  registry: Registry,
  name: string,
  help: string,
  read: () => number | Promise<number>,
): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    async collect() {
      this.set(await read());
    },
  });
}

function addCounter(
  registry: Registry,
  name: string,
  help: string,
  label: string,
  read: () => Iterable<readonly [value: string | number, count: number]>,
): void {
  new Counter({
    name,
    help,
    labelNames: [label],
    registers: [registry],
    collect() {
      this.reset();
      for (const [value, count] of read()) this.inc({ [label]: value }, count);
    },
  });
}
