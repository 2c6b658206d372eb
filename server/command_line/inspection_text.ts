import type {
  ChannelFacts,
  FileFacts,
  Inspection,
  MessageFacts,
} from "../brokers/sqlite/file/inspect.ts";
import { escapeControls } from "../../core/protocol/escape_controls.ts";
import { formatBytes, formatCount, formatTime } from "./amounts.ts";

/** The width of a terminal. */
const COLUMNS = 80;

/** Writes what a database has for people: first the file, then the channels as a table, then the messages of the one that was asked for. */
export function inspectionText(
  path: string,
  { file, channels, messages }: Inspection,
  channel?: string,
): string {
  const name = escapeControls(JSON.stringify(channel ?? ""));
  const none = channel === undefined
    ? []
    : [`The database has no messages of the channel ${name}.`];
  return [
    fileText(path, file),
    ...channels.length === 0 ? none : [channelTable(channels)],
    ...hiddenText(file, channels, channel),
    ...messages.length === 0 ? [] : [messages.map(messageText).join("\n")],
  ].join("\n\n");
}

function fileText(path: string, file: FileFacts): string {
  const wal = file.wal_bytes === 0
    ? ""
    : `; write-ahead log ${formatBytes(file.wal_bytes)}`;
  const free = `${formatBytes(file.free_bytes)} of it free`;
  const last = file.commits === 0
    ? ""
    : `, the last at ${formatTime(file.committed_at)} UTC`;
  return [
    `file      ${escapeControls(path)}, schema ${file.schema}`,
    `size      ${formatBytes(file.bytes)}, ${free}${wal}`,
    `commits   ${formatCount(file.commits)}${last}`,
    `messages  ${formatCount(file.messages)}`,
    `channels  ${formatCount(file.channels)}`,
  ].join("\n");
}

function channelTable(channels: readonly ChannelFacts[]): string {
  const rows = channels.map((facts) => [
    formatCount(facts.messages),
    formatBytes(facts.bytes),
    formatTime(facts.oldest_at, "minutes"),
    formatTime(facts.newest_at, "minutes"),
    escapeControls(facts.channel),
  ]);
  const titles = ["messages", "bytes", "oldest (UTC)", "newest", "channel"];
  return [titles, ...rows].map(
    ([messages = "", bytes = "", oldest = "", newest = "", channel = ""]) =>
      `${messages.padStart(9)} ${bytes.padStart(10)}  ${oldest.padEnd(16)}  ${
        newest.padEnd(16)
      }  ${channel}`,
  ).join("\n");
}

/** Says how many channels the table lacks. */
function hiddenText(
  { channels: all }: FileFacts,
  { length: shown }: readonly ChannelFacts[],
  channel: string | undefined,
): string[] {
  if (channel !== undefined || all <= shown) return [];
  return [`--limit <n> shows more of the ${formatCount(all)} channels`];
}

function messageText(message: MessageFacts): string {
  const { id, at, topic, kind, stream_id, data } = message;
  const stream = stream_id === undefined ? [] : [`stream ${stream_id}`];
  const head = [id, formatTime(at), topic, kind, ...stream].join("  ");
  const text = JSON.stringify(data) ?? "";
  return `${escapeControls(head)}\n  ${shorten(text, COLUMNS - 2)}`;
}

/** Cuts a text and escapes its control characters. */
function shorten(text: string, length: number): string {
  const escaped = escapeControls(text.slice(0, length));
  const isWhole = text.length <= length && escaped.length <= length;
  return isWhole ? escaped : `${escaped.slice(0, length - 1)}…`;
}
