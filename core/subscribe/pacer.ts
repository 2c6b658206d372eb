import type {
  ClientFrame,
  ConnectionLimits,
  SubscriptionFrame,
} from "../protocol/frames.ts";

/** The part of the gateway's rate that is used: its clock and the network's delays differ from what is known here. */
const SHARE = 0.9;

/** Sends the frames of a session no faster than its gateway takes them. */
export interface Pacer {
  /** Sends a frame at once, and counts it. */
  pass(frame: ClientFrame): void;
  /** Sends a frame once its turn comes, in place of an earlier one of its subscription that still waits. */
  push(frame: SubscriptionFrame): void;
  /** Drops the frame of a subscription that still waits. */
  drop(ref: string): void;
  /** Notes the answer to the frame of a subscription. */
  answered(ref: string): void;
  /** Keeps the limits from now on. Before, one frame at a time waits for its answer. Returns `false` if it keeps some already. */
  keep(limits: ConnectionLimits): boolean;
  /** Drops what waits, and begins with the next session. */
  reset(): void;
}

/** Makes a pacer, which sends frames by a function. */
export function createPacer(send: (frame: ClientFrame) => void): Pacer {
  const waiting = new Map<string, SubscriptionFrame>();
  /** The subscription whose frame has no answer yet. */
  let asked: string | undefined;
  let sent = 0;
  /** Milliseconds for each frame; 0 until the limits are known. */
  let stepMs = 0;
  /** The time from which on the next frame may be sent, and how far it may lie back. */
  let dueAt = 0;
  let burstMs = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function pass(frame: ClientFrame): void {
    sent++;
    dueAt = Math.max(dueAt, performance.now() - burstMs) + stepMs;
    send(frame);
  }

  function flush(): void {
    clearTimeout(timer);
    for (const [ref, frame] of waiting) {
      const earlyMs = stepMs && dueAt - performance.now();
      if (earlyMs > 0) timer = setTimeout(flush, earlyMs);
      if (stepMs ? earlyMs > 0 : asked) return;
      waiting.delete(ref);
      asked = ref;
      pass(frame);
    }
  }

  return {
    pass,
    push(frame) {
      const { kind, ref } = frame;
      // The gateway does not know the subscription, and would not answer.
      if (kind === "unsub" && !stepMs && ref !== asked) waiting.delete(ref);
      else waiting.set(ref, frame);
      flush();
    },
    drop(ref) {
      waiting.delete(ref);
    },
    answered(ref) {
      if (ref === asked) asked = undefined;
      flush();
    },
    keep(limits) {
      if (stepMs) return false;
      stepMs = 1000 / SHARE / limits.frames_per_second;
      burstMs = stepMs * (limits.frames_at_once - 1);
      dueAt = performance.now() - burstMs + stepMs * sent;
      return true;
    },
    reset() {
      clearTimeout(timer);
      waiting.clear();
      asked = undefined;
      sent =
        stepMs =
        dueAt =
        burstMs =
          0;
    },
  };
}
