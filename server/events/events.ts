import type { GatewayEvent } from "./gateway_event.ts";

/** The name of an event. */
export type EventName = GatewayEvent["event"];

/** Receives the events of a gateway. It MUST NOT throw. */
export type EventListener = (event: GatewayEvent) => void;

/** Tells whether a listener would do anything with the events of a name now. */
export type WantsEvent = (name: EventName) => boolean;

interface Listening {
  readonly listener: EventListener;
  readonly wants: WantsEvent;
}

/** The events of a gateway, for those who listen. */
export class Events {
  #listening: readonly Listening[] = [];

  /**
   * Adds a listener; returns the function that removes it. The listener may get events that it doesn't want, because another one does.
   *
   * @param wants Asked before each event of a hot path.
   */
  listen(
    listener: EventListener,
    wants: WantsEvent = () => true,
  ): () => void {
    const added = { listener, wants };
    this.#listening = [...this.#listening, added];
    return () => {
      this.#listening = this.#listening.filter((other) => other !== added);
    };
  }

  /** Tells whether any listener wants the events of a name. A hot path asks before it builds one. */
  wants(name: EventName): boolean {
    for (const { wants } of this.#listening) {
      if (wants(name)) return true;
    }
    return false;
  }

  /** Tells an event to all listeners. */
  emit(event: GatewayEvent): void {
    for (const { listener } of this.#listening) listener(event);
  }
}
