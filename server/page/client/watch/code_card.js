/** @import { Watched } from "./address.js" */
import { byId, setText } from "../parts/dom.js";
import { GATEWAY } from "../parts/request.js";
import {
  publishCommand,
  snippet,
  streamCommand,
  watchCommand,
} from "./commands.js";

/**
 * Shows the commands and the program that do the same as the forms.
 *
 * @param {Watched} watched
 * @param {{ channel: string, topic: string, body: string }} published
 */
export function showCommands(watched, { channel, topic, body }) {
  const publish = publishCommand(GATEWAY, channel, topic, body);
  const followed = watched.channel === ""
    ? { channel, topics: [topic], from: "live" }
    : watched;
  const texts = {
    "publish-code": publish,
    "empty-code": publish,
    "stream-code": streamCommand(GATEWAY, channel, topic),
    "watch-code": watchCommand(GATEWAY, watched),
    "typescript-code": snippet(GATEWAY, followed),
  };
  for (const [id, text] of Object.entries(texts)) {
    setText(byId(id, HTMLElement), text);
  }
}
