import { z } from "zod";
import type { MaybePromise } from "../../core/types/realtime.ts";
import type { GatewayLink } from "../brokers/gateway_link.ts";
import { tryParseJson } from "../wire/json_text.ts";
import type { GatewayAnswer } from "./answers.ts";
import {
  type Answers,
  EXCHANGES,
  type QuestionName,
  type Questions,
} from "./exchanges.ts";

/** How this gateway answers each question. */
export type Answering = {
  readonly [Name in QuestionName]: (
    question: Questions[Name],
    from: string,
  ) => MaybePromise<Answers[Name]>;
};

/** The answer of one gateway; `undefined` where none came within a second, or one that can't be understood. */
export interface Answered<Name extends QuestionName> {
  readonly gateway: GatewayAnswer;
  readonly answer?: Answers[Name] | undefined;
}

/** This gateway, as it names itself to operators. */
export interface Self {
  readonly id: string;
  readonly host?: string | undefined;
  /** Where it listens, once it does. */
  readonly url?: string | undefined;
}

const card = z.object({
  host: z.string().optional(),
  url: z.string().optional(),
});

const asked = z.object({ ask: z.string(), with: z.unknown() });

const told = z.object({ gateway: card, answer: z.unknown() });

/** All gateways of the broker, this one first. */
export class Gateways {
  readonly #link: GatewayLink | undefined;
  readonly #self: () => Self;
  readonly #answering: Answering;

  /**
   * @param link The link to the other gateways, where the broker has one.
   * @param hear Takes what other gateways tell this one.
   */
  constructor(
    link: GatewayLink | undefined,
    self: () => Self,
    answering: Answering,
    hear: (text: string) => void,
  ) {
    this.#link = link;
    this.#self = self;
    this.#answering = answering;
    link?.join({
      id: self().id,
      card: () => JSON.stringify({ ...self(), id: undefined }),
      answer: (question, from) => this.#reply(question, from),
      hear,
    });
  }

  /**
   * Asks the gateways, which takes less than a second.
   *
   * @param others The ids of the other gateways to ask; all by default.
   */
  async ask<Name extends QuestionName>(
    name: Name,
    question: Questions[Name],
    others?: readonly string[],
  ): Promise<[Answered<Name>, ...Answered<Name>[]]> {
    const self = this.#self();
    const [own, linked = []] = await Promise.all([
      this.#answering[name](question, self.id),
      others?.length === 0 ? [] : this.#link?.ask(
        JSON.stringify({ ask: name, with: question }),
        others,
      ),
    ]);
    const gateway: GatewayAnswer = { ...self, answered: true, self: true };
    const answered = linked.map(({ id, card: text, text: json }) => {
      const reply = told.safeParse(read(json)).data;
      const { answer: schema } = EXCHANGES[name];
      const answer = schema.safeParse(reply?.answer).data;
      const known = reply?.gateway ?? card.safeParse(read(text)).data;
      const gateway = { id, ...known, answered: answer !== undefined };
      return { gateway, answer };
    });
    return [{ gateway, answer: own }, ...answered];
  }

  /** Tells another gateway something. It may get lost. */
  tell(gateway: string, text: string): boolean {
    return this.#link?.tell(gateway, text) ?? false;
  }

  async #reply(text: string, from: string): Promise<string | undefined> {
    const { data } = asked.safeParse(read(text));
    const name = QUESTION_NAMES.find((known) => known === data?.ask);
    return name && await this.#replyTo(name, data?.with, from);
  }

  async #replyTo<Name extends QuestionName>(
    name: Name,
    value: unknown,
    from: string,
  ): Promise<string | undefined> {
    const { question: schema } = EXCHANGES[name];
    const { success, data } = schema.safeParse(value);
    if (!success) return undefined;
    const answer = await this.#answering[name](data, from);
    return JSON.stringify({ gateway: this.#self(), answer });
  }
}

const QUESTION_NAMES = Object.keys(EXCHANGES) as QuestionName[];

/** Returns the answers that came, without those that didn't. */
export function answersOf<Name extends QuestionName>(
  all: ReadonlyArray<Answered<Name>>,
): Answers[Name][] {
  return all.flatMap(({ answer }) => answer === undefined ? [] : [answer]);
}

/** Reads the JSON of another gateway; returns `undefined` for what no gateway wrote. */
function read(json: string = ""): unknown {
  return tryParseJson(json, "the gateway's text").value;
}
