import { Buffer } from "node:buffer";
import { z } from "zod";
import { tryParseJson } from "../wire/json_text.ts";
import type { ChannelSort } from "./answers.ts";
import type { ChannelIndex, SessionPlace } from "./exchanges.ts";

/** A channel in a list: its name, the connections that follow it, and its rate. */
export type ListedChannel = ChannelIndex["channels"][number];

/** The place of a channel in a list. */
export interface ChannelPlace {
  readonly sort: ChannelSort;
  readonly channel: ListedChannel;
}

/** Compares two channels: which of them stands first. */
export function compareChannels(
  sort: ChannelSort,
  [name, subscribers, rate]: ListedChannel,
  [otherName, otherSubscribers, otherRate]: ListedChannel,
): number {
  switch (sort) {
    case "name":
      return compare(name, otherName);
    case "subscribers":
      return otherSubscribers - subscribers || compare(name, otherName);
    case "rate":
      return otherRate - rate || otherSubscribers - subscribers ||
        compare(name, otherName);
  }
}

/** Compares two sessions: the newest one stands first. */
export function compareSessions(a: SessionPlace, b: SessionPlace): number {
  return compare(b.since, a.since) || compare(b.id, a.id);
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

const channelToken = z.tuple([
  z.enum(["rate", "subscribers", "name"]),
  z.string(),
  z.number(),
  z.number(),
]);

const sessionToken = z.tuple([z.string(), z.string()]);

/** Writes the place of the last channel of a page as the `after` of the next one. */
export function formatChannelPlace(
  { sort, channel: [name, subscribers, rate] }: ChannelPlace,
): string {
  return encode([sort, name, subscribers, rate]);
}

/** Reads the `after` of a page of channels; returns `undefined` for another text. */
export function parseChannelPlace(text: string): ChannelPlace | undefined {
  const { data } = channelToken.safeParse(decode(text));
  if (!data) return undefined;
  const [sort, ...channel] = data;
  return { sort, channel };
}

/** Writes the place of the last session of a page as the `after` of the next one. */
export function formatSessionPlace({ since, id }: SessionPlace): string {
  return encode([since, id]);
}

/** Reads the `after` of a page of sessions; returns `undefined` for another text. */
export function parseSessionPlace(text: string): SessionPlace | undefined {
  const { data } = sessionToken.safeParse(decode(text));
  if (!data) return undefined;
  const [since, id] = data;
  return { since, id };
}

function encode(place: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(place)).toString("base64url");
}

function decode(text: string): unknown {
  const json = Buffer.from(text, "base64url").toString();
  return tryParseJson(json, "the place in the list").value;
}
