import type { GatewayEvent } from "./gateway_event.ts";

/** Receives the events of a gateway. It MUST NOT throw. */
export type EventListener = (event: GatewayEvent) => void;

/** The events of a gateway, for those who listen. */
export class Events {
  readonly #listeners = new Set<EventListener>();

  /** Adds a listener; returns the function that removes it. */
  listen(listener: EventListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Tells an event to all listeners. */
  emit(event: GatewayEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
