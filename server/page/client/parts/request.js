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
 * Sends a request to the gateway.
 *
 * @param {string} path
 * @param {RequestInit} [init]
 * @returns {Promise<Response>} Rejects with an {@linkcode ApiError} unless the answer is a success, or the request was aborted.
 */
export async function request(path, init) {
  /** @type {Response} */
  let response;
  try {
    response = await fetch(new URL(path, GATEWAY), init);
  } catch (cause) {
    init?.signal?.throwIfAborted();
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
 * Reads the JSON of an answer, whose type the caller knows.
 *
 * @template T
 * @param {Response} response
 * @returns {Promise<T>} Rejects with an {@linkcode ApiError} when the connection breaks off in the middle.
 */
export async function readJson(response) {
  try {
    return await response.json();
  } catch (cause) {
    const message = `The answer of ${GATEWAY.host} broke off`;
    throw new ApiError("network", message, { cause });
  }
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
 * Asks the gateway for its version and broker.
 *
 * @returns {Promise<{ version: string, broker: string }>}
 */
export async function readHealth() {
  return await readJson(await request("health"));
}
