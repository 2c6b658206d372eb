import { address, type Frame, type Target } from "./websocket.ts";
import { batch, type LineAnswer } from "./publish.ts";

/** The answer of the routes for streams. */
export interface StreamAnswer {
  readonly status: number;
  readonly open?: boolean;
  readonly stopped?: boolean;
  readonly error?: { readonly code: string; readonly message: string };
}

/** The names that identify a stream. */
export interface StreamQuery {
  readonly channel?: string;
  readonly topic?: string;
  readonly stream_id?: string;
  readonly wait?: string;
}

/** Sends a request to a route for streams. */
export async function postStream(
  target: Target,
  route: "keep" | "stop",
  query: StreamQuery,
  bearer: string = target.signingKey,
): Promise<StreamAnswer> {
  const response = await fetch(
    address(target, `stream/${route}`, { ...query }),
    {
      method: "POST",
      headers: bearer === "" ? {} : { authorization: `Bearer ${bearer}` },
    },
  );
  return { ...await response.json(), status: response.status };
}

/** One producer of a stream in a channel's topic `t`, line by line; with the signing key by default. */
export function producerOf(
  target: Target,
  channel: string,
  streamId: string,
  bearer?: string,
): (kind: "start" | "chunk" | "end", fields?: object) => Promise<LineAnswer> {
  return async (kind, fields = {}) => {
    const [answer = {}] = await batch(target, [{
      channel,
      topic: "t",
      kind: kind === "chunk" ? kind : `datastream-${kind}`,
      data: kind === "chunk" ? "x" : streamId,
      stream_id: streamId,
      ...fields,
    }], bearer);
    return answer;
  };
}

/** Returns the messages of a channel's log. */
export async function logOf(
  target: Target,
  channel: string,
): Promise<Frame[]> {
  const response = await fetch(
    address(target, "history", { channel, limit: "1000" }),
    { headers: { authorization: `Bearer ${target.signingKey}` } },
  );
  return (await response.json()).messages;
}

/** Returns the ends of streams in a log. */
export function endsOf(log: readonly Frame[]): unknown[] {
  return log.filter(({ kind }) => kind === "datastream-end")
    .map(({ stream_id, metadata }) => [stream_id, metadata]);
}
