/**
 * Reads what the user pasted: a token, alone, in a header or in the JSON that an app's token route answers, or else a subject.
 *
 * @param {string} text
 * @returns {{ token: string } | { subject: string } | undefined} `undefined` for an empty text.
 */
export function readClient(text) {
  const trimmed = text.trim().replace(/^(?:Authorization:\s*)?Bearer\s+/i, "");
  if (trimmed === "") return undefined;
  const bare = trimmed.replace(/^"(.*)"$/, "$1");
  const token = isToken(bare) ? bare : tokenIn(trimmed);
  return token === undefined ? { subject: trimmed } : { token };
}

/** @param {unknown} text */
function isToken(text) {
  return typeof text === "string" && /^ey[\w-]*\.[\w-]*\.[\w-]*$/.test(text);
}

/** @param {string} text */
function tokenIn(text) {
  try {
    const json = JSON.parse(text);
    const fields = { ...json, ...json?.token };
    return [json?.token, fields.key, fields.jwt].find(isToken);
  } catch {
    // It is no JSON.
    return undefined;
  }
}
