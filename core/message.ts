import type { ControlFrame, MessageFrame } from "./frame.ts";
import { ID } from "./id.ts";

function areText(...values: unknown[]): boolean {
  return values.every((value) => typeof value === "string");
}

function areIds(...values: unknown[]): boolean {
  return areText(...values) &&
    values.every((value) => ID.test(value as string));
}

/**
 * Reads one object of the wire. Nothing that comes from there is trusted: what is returned has every field that its kind must have, each
 * of its type.
 *
 * @returns `null` for a kind that this version doesn't know, `undefined` for what is no frame.
 */
export function readFrame(
  text: string,
): MessageFrame | ControlFrame | null | undefined {
  try {
    const frame = JSON.parse(text);
    const { kind, channel, id, data = {} } = frame;
    const isWhole = /^(data|run|step|event|chunk|datastream-(start|end))$/
        .test(kind)
      // A channel or topic of another type is none that anybody reads.
      ? areIds(id) &&
        Date.parse(frame.created_at) > 0 && "data" in frame &&
        (!/-/.test(kind) || areText(data)) &&
        (kind !== "chunk" || "stream_id" in frame) &&
        // The optional ones: run_id, fn_id, fn_slug, env_id, stream_id.
        Object.keys(frame).every((key) => !/_/.test(key) || areText(frame[key]))
      : kind === "ready"
      ? areText(data.ticket) && data.ping_interval_ms > 0 &&
        data.channels.every((ready: Record<string, string[]>) =>
          areIds(ready.position) && areText(ready.channel) &&
          ready.topics?.every((topic) => areText(topic))
        )
      : kind === "gap"
      ? areText(channel) && areIds(data.after, data.before)
      : kind === "closing"
      ? data.retry_after_ms >= 0
      : kind === "error"
      ? areText(data.code, data.message)
      : kind === "ping"
      ? areIds(...Object.values(data))
      : areText(kind) && null;
    return isWhole ? frame : isWhole === null ? null : undefined;
  } catch {
    // Not JSON, or of another shape.
    return undefined;
  }
}

/**
 * Makes a message for the app: the frame's fields, with the names that JavaScript gives them. What is absent there is absent here.
 *
 * @param data The frame's data, as a schema made it.
 */
export function toMessage(
  frame: MessageFrame,
  data: unknown,
): Record<string, unknown> {
  // Own properties all, whatever the wire calls them: not even "__proto__" sets a prototype.
  const message: Record<string, unknown> = Object.fromEntries(
    Object.entries(frame).map(([name, value]) => [
      name.replace(/_./, (letter) => letter.slice(1).toUpperCase()),
      value,
    ]),
  );
  message.data = data;
  message.createdAt = new Date(frame.created_at);
  if (/-/.test(frame.kind)) message.streamId = data;
  return message;
}
