import { createHmac } from "node:crypto";
import type { MessagePublisher } from "./publisher.ts";

/** The beginning of the id of every stream of a client. */
const CLIENT = "client~";

/** How many characters stand for one client: 132 bits. */
const CLIENT_LENGTH = 22;

/** The length of a mark. */
const MARK_LENGTH = CLIENT.length + CLIENT_LENGTH + 1;

/** Makes the mark of a client's streams, from which nobody without the secret can tell who the client is. */
export function clientMark(secret: string, client: string): string {
  const hash = createHmac("sha256", secret).update(client).digest("base64url");
  return `${CLIENT}${hash.slice(0, CLIENT_LENGTH)}~`;
}

/**
 * Returns the id that a publisher's stream has for everyone. For a client's stream it begins with the client's mark. So no client can add to
 * the stream of another producer or take its id, even at a gateway that does not know the stream.
 */
export function ownStreamId(publisher: MessagePublisher, id: string): string {
  const { streamMark = "" } = publisher;
  return id.startsWith(streamMark) ? id : streamMark + id;
}

/** Returns the mark of the client whose stream it is; `undefined` for a stream of the app. */
export function clientMarkOf(streamId: string): string | undefined {
  return streamId.startsWith(CLIENT)
    ? streamId.slice(0, MARK_LENGTH)
    : undefined;
}
