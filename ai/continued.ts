/**
 * The type of the first chunk of an answer that continues a message. Its data are the chunks that make that message. It is transient, so that
 * a reader of another kind adds nothing to its message.
 */
export const CONTINUED = "data-tidings";
