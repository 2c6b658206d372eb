/**
 * @typedef {object} SseEvent
 * @property {string} name
 * @property {string} data
 */

/**
 * Reads the Server-Sent Events of a response; a comment is one without data. `EventSource` can't send the admin key in a header.
 *
 * @param {Response} response
 */
export async function* readSse(response) {
  const text = response.body?.pipeThrough(new TextDecoderStream());
  if (!text) return;
  let rest = "";
  for await (const piece of text) {
    const blocks = (rest + piece).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) yield parse(block);
  }
}

/** @param {string} block */
function parse(block) {
  let name = "message";
  /** @type {string[]} */
  const data = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("event:")) name = line.slice("event:".length).trim();
    if (line.startsWith("data:")) data.push(line.slice("data:".length).trim());
  }
  return { name, data: data.join("\n") };
}
