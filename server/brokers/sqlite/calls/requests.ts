import type { MessageKind } from "../../../../core/protocol/frames.ts";
import type { Position } from "../../../../core/protocol/id.ts";
import type {
  ChannelState,
  InterruptedStream,
  NewMessage,
} from "../../broker.ts";
import type { LogSummary } from "../../log_summary.ts";
import type { RevocationRecord } from "../../revocation_store.ts";

/** A message as the database has it, without its channel. */
export interface StoredMessage {
  readonly offset: number;
  readonly topic: string;
  readonly kind: MessageKind;
  readonly streamId: string | undefined;
  readonly raw: string | undefined;
  readonly head: string;
  /** When it was appended, by the database's clock. */
  readonly at: number;
}

/** A part of a log, as the database has it. */
export interface StoredPage extends Position {
  /** The offset of the oldest message that the log still holds. */
  readonly first: number;
  readonly start: number;
  readonly end: number;
  readonly messages: readonly StoredMessage[];
}

/** Where messages were appended, now or by an earlier publish with the same key. */
export interface Appended {
  readonly epoch: string;
  /** The offset of the first of them. The others follow it. */
  readonly first: number;
  readonly count: number;
  /** Whether they were appended now. */
  readonly isNew: boolean;
  /** The key of a reply's publisher. */
  readonly replyKey?: string | undefined;
}

/** The operations of the thread that has the database: their parameters and their results. */
export interface Operations {
  publish: [
    {
      readonly channel: string;
      readonly messages: readonly NewMessage[];
      readonly key: string | undefined;
      readonly keyTtlMs: number;
    },
    Appended,
  ];
  reply: [
    {
      readonly channel: string;
      readonly message: NewMessage;
      /** The message that it answers. */
      readonly question: Position;
      readonly key: string;
      readonly keyTtlMs: number;
    },
    Appended | undefined,
  ];
  revoke: [{ readonly revocations: readonly RevocationRecord[] }, undefined];
  /** Keeps the channel until `unfollow`, even if its log is empty. */
  follow: [{ readonly channel: string }, ChannelState];
  unfollow: [{ readonly channel: string }, undefined];
  read: [
    {
      readonly channel: string;
      readonly after: number;
      readonly limit: number;
      readonly maxBytes: number;
      readonly topics: readonly string[] | undefined;
    },
    StoredPage,
  ];
  before: [
    {
      readonly channel: string;
      readonly topics: readonly string[];
      readonly count: number;
    },
    Position,
  ];
  summarize: [
    { readonly channels: readonly string[] },
    ReadonlyArray<LogSummary | null>,
  ];
  revocations: [object, readonly RevocationRecord[]];
  interrupted: [object, readonly InterruptedStream[]];
  /** Tries whether as many bytes can be written as could not be before. */
  probe: [object, undefined];
}

/** The name of an operation. */
export type OperationName = keyof Operations;

/** A question to the thread. */
export type Request<N extends OperationName = OperationName> = {
  [K in N]: { readonly name: K } & Operations[K][0];
}[N];

/** The result of an operation. */
export type Result<N extends OperationName = OperationName> = Operations[N][1];

/** The answer to one request: its result, or the reason why there is none. */
export type Answer =
  | { readonly result?: Result }
  | { readonly problem: string };

/** Operations that write, all of which are in the transaction of their batch. */
export const WRITES: ReadonlySet<OperationName> = new Set([
  "publish",
  "reply",
  "revoke",
  "probe",
]);

/** Returns the messages that a request appends. */
export function messagesOf(request: Request): readonly NewMessage[] {
  if (request.name === "publish") return request.messages;
  return request.name === "reply" ? [request.message] : [];
}

/** The facts that the thread tells after a batch, besides the answers. */
export interface StorageReport {
  /** Channels that it no longer keeps. */
  readonly dropped: readonly string[];
  /** Bytes of the file. */
  readonly fileBytes: number;
  /** Why the file can't be written, if so. */
  readonly problem?: string | undefined;
  /** What SQLite said of a failure, for the log. */
  readonly untold?: string | undefined;
}
