import { z } from "zod";
import {
  isErrorCode,
  type RealtimeErrorCode,
} from "../../core/protocol/errors.ts";
import type {
  ChannelSort,
  GatewayOverview,
  RefusalAnswer,
  SessionAnswer,
} from "./answers.ts";

/** A gateway tells another this about itself, besides its id. */
export type OwnOverview = Omit<GatewayOverview, "id" | "answered" | "self">;

/** The channels in use at one gateway. */
export interface ChannelIndex {
  /** For each its name, the connections that follow it, and its rate. */
  readonly channels: ReadonlyArray<
    readonly [name: string, subscribers: number, rate: number]
  >;
  /** How many there are; more than are listed where a gateway has very many. */
  readonly total: number;
}

/** One gateway's part of a channel. */
export interface ChannelPart {
  readonly name: string;
  readonly subscribers: number;
  readonly rate: number;
  /** Each topic with the connections that follow it. */
  readonly topics: ReadonlyArray<
    readonly [name: string, subscribers: number]
  >;
}

/** The place of a session in the list of sessions, whose newest one stands first. */
export interface SessionPlace {
  readonly since: string;
  readonly id: string;
}

/** The sessions that are asked for. */
export interface SessionFilter {
  readonly channel?: string | undefined;
  readonly subject?: string | undefined;
  /** The id of a token that the session uses. */
  readonly jti?: string | undefined;
}

/** A page of one gateway's sessions. */
export interface SessionPart {
  readonly sessions: readonly SessionAnswer[];
  readonly total: number;
  /** Whether there are more after them. */
  readonly isMore: boolean;
}

/** The answers that gateways give, by the name of the question. */
export interface Answers {
  readonly overview: OwnOverview;
  readonly index: ChannelIndex;
  readonly channels: readonly ChannelPart[];
  readonly sessions: SessionPart;
  readonly session: { readonly session?: SessionAnswer | undefined };
  readonly end: { readonly ended: boolean };
  readonly refusals: readonly RefusalAnswer[];
  readonly watch: Record<never, never>;
}

/** The content of each question. */
export interface Questions {
  readonly overview: Record<never, never>;
  readonly index: {
    /** Without one, the channels are only named: in no order, with zeros in place of their numbers. */
    readonly sort?: ChannelSort | undefined;
    /** A part of the names, in upper or lower case; all channels without it. */
    readonly search?: string | undefined;
  };
  /** @see ChannelAnswer.topics */
  readonly channels: {
    readonly names: readonly string[];
    readonly topics: number;
  };
  readonly sessions: SessionFilter & {
    readonly after?: SessionPlace | undefined;
    readonly limit: number;
  };
  readonly session: { readonly id: string };
  readonly end: { readonly id: string };
  readonly refusals: Omit<SessionFilter, "channel">;
  /** Asks for events, messages or both, for a while. Neither ends it. */
  readonly watch: { readonly events: boolean; readonly messages: boolean };
}

/** The name of a question. */
export type QuestionName = keyof Questions;

const text = z.string();
const count = z.number().nonnegative();
const optional = text.optional();

const session: z.ZodType<SessionAnswer> = z.object({
  id: text,
  gateway: text,
  since: text,
  state: z.enum(["waiting", "catching_up", "live"]),
  transport: z.enum(["websocket", "sse"]),
  protocol: z.enum(["tidings.v1", "plain"]),
  subject: optional,
  address: optional,
  origin: optional,
  subscriptions: z.array(z.object({
    channel: text,
    topics: z.array(text),
    position: optional,
    behind: count,
  })),
  subscription_count: count,
  behind: count,
  queued_bytes: count,
  last_ping: optional,
  last_heard: optional,
  last_reason: optional,
});

const refusal = z.object({
  time: text,
  gateway: text,
  code: z.number(),
  // A gateway of a later version may know other codes.
  error: z.custom<RealtimeErrorCode>(isErrorCode).catch("internal"),
  reason: text,
  session: optional,
  address: optional,
  origin: optional,
  channel: optional,
  unverified: z.literal(true).optional(),
});

const filter = { channel: optional, subject: optional, jti: optional };

/** Checks what another gateway asks and answers: others may write to the same place. */
interface Exchange<Name extends QuestionName> {
  readonly question: z.ZodType<Questions[Name]>;
  readonly answer: z.ZodType<Answers[Name]>;
}

/** The questions that gateways ask each other. */
export const EXCHANGES: { readonly [Name in QuestionName]: Exchange<Name> } = {
  overview: {
    question: z.object({}),
    answer: z.object({
      host: optional,
      url: optional,
      since: optional,
      version: optional,
      runtime: optional,
      connections: count.optional(),
      channels: count.optional(),
      draining: z.boolean().optional(),
    }),
  },
  index: {
    question: z.object({
      sort: z.enum(["rate", "subscribers", "name"]).optional(),
      search: optional,
    }),
    answer: z.object({
      channels: z.array(z.tuple([text, count, count])),
      total: count,
    }),
  },
  channels: {
    question: z.object({ names: z.array(text), topics: count }),
    answer: z.array(z.object({
      name: text,
      subscribers: count,
      rate: count,
      topics: z.array(z.tuple([text, count])),
    })),
  },
  sessions: {
    question: z.object({
      ...filter,
      after: z.object({ since: text, id: text }).optional(),
      limit: count,
    }),
    answer: z.object({
      sessions: z.array(session),
      total: count,
      isMore: z.boolean(),
    }),
  },
  session: {
    question: z.object({ id: text }),
    answer: z.object({ session: session.optional() }),
  },
  end: {
    question: z.object({ id: text }),
    answer: z.object({ ended: z.boolean() }),
  },
  refusals: {
    question: z.object({ subject: optional, jti: optional }),
    answer: z.array(refusal),
  },
  watch: {
    question: z.object({ events: z.boolean(), messages: z.boolean() }),
    answer: z.object({}),
  },
};
