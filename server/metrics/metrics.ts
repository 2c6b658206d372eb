import type { Registry } from "prom-client";
import { EventLoopLag } from "./event_loop_lag.ts";
import type { MetricsSource } from "./registry.ts";

/** The metrics as text. */
export interface MetricsText {
  readonly text: string;
  readonly contentType: string;
}

/** The metrics of a gateway. A gateway that nobody scrapes loads no prom-client and has no timer for them. */
export class Metrics {
  readonly #source: Omit<MetricsSource, "lag">;
  readonly #lag = new EventLoopLag();
  #registry: Promise<Registry> | undefined;
  #isClosed = false;

  constructor(source: Omit<MetricsSource, "lag">) {
    this.#source = source;
  }

  /** Reads all metrics, in the text format of Prometheus. */
  async read(): Promise<MetricsText> {
    const registry = await (this.#registry ??= this.#load());
    const { contentType } = registry;
    return { text: await registry.metrics(), contentType };
  }

  /** Ends the measurements. */
  close(): void {
    this.#isClosed = true;
    this.#lag.stop();
  }

  async #load(): Promise<Registry> {
    const { createRegistry } = await import("./registry.ts");
    if (!this.#isClosed) this.#lag.start();
    return createRegistry({ ...this.#source, lag: this.#lag });
  }
}
