/** The gateway's URL: the gateway served this page. */
export const GATEWAY = new URL(".", document.baseURI);

/** Error for a failed request, with the code of the gateway's answer, or `network` without an answer. */
export class ApiError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {ErrorOptions} [options]
   */
  constructor(code, message, options) {
    super(message, options);
    /** @readonly */
    this.code = code;
  }

  /** Whether the same request may succeed later. */
  get isTransient() {
    return ["network", "unavailable", "rate_limited", "internal"]
      .includes(this.code);
  }
}

/**
 * @param {string} path
 * @param {RequestInit} [init]
 * @returns {Promise<Response>}
 */
async function request(path, init) {
  /** @type {Response} */
  let response;
  try {
    response = await fetch(new URL(path, GATEWAY), init);
  } catch (cause) {
    throw new ApiError(
      "network",
      `The gateway at ${GATEWAY.host} doesn’t answer. Is it still running?`,
      { cause },
    );
  }
  if (response.ok) return response;
  throw await errorOf(response);
}

/**
 * @param {Response} response
 * @returns {Promise<ApiError>}
 */
async function errorOf(response) {
  try {
    const { error } = await response.json();
    return new ApiError(error.code, error.message);
  } catch (cause) {
    return new ApiError(
      response.status >= 500 ? "unavailable" : "invalid_argument",
      `The gateway answered ${response.status} ${response.statusText}`,
      { cause },
    );
  }
}

/**
 * Mints a token, which takes no key in development mode.
 *
 * @param {string} channel
 * @param {readonly string[]} topics
 * @returns {Promise<string>}
 */
export async function mintToken(channel, topics) {
  const claims = topics.map((name) => ({ channel, name }));
  const response = await request("v1/realtime/token", {
    method: "POST",
    body: JSON.stringify(claims),
  });
  return (await response.json()).jwt;
}

/**
 * Publishes a message.
 *
 * @param {string} channel
 * @param {string} topic
 * @param {string} body JSON or text.
 * @returns {Promise<string>} The message's id.
 */
export async function publish(channel, topic, body) {
  const query = new URLSearchParams({ channel, topic });
  const response = await request(`v1/realtime/publish?${query}`, {
    method: "POST",
    body,
  });
  return (await response.json()).id;
}

/**
 * Publishes several messages in one request.
 *
 * @param {readonly object[]} lines
 * @returns {Promise<string[]>} The messages' ids. Rejects with the first error among the answers.
 */
export async function publishBatch(lines) {
  const response = await request("v1/realtime/publish/batch", {
    method: "POST",
    body: lines.map((line) => JSON.stringify(line)).join("\n"),
  });
  const text = (await response.text()).trim();
  return text.split("\n").map((line) => {
    const { id, error } = JSON.parse(line);
    if (error) throw new ApiError(error.code, error.message);
    return id;
  });
}

/**
 * Asks the gateway for its version and broker.
 *
 * @returns {Promise<{ version: string, broker: string }>}
 */
export async function readHealth() {
  return await (await request("health")).json();
}
