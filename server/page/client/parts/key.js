const NAME = "tidings-admin-key";

/**
 * Whether this is the operators' page of a gateway in production. In development mode the page is at `/` and can publish without a key.
 */
export const IS_ADMIN_PAGE = location.pathname.endsWith("/admin");

/**
 * Returns the headers that the admin API needs. The key never stands in a URL.
 *
 * @returns {Record<string, string>}
 */
export function keyHeaders() {
  const key = sessionStorage.getItem(NAME);
  return key === null ? {} : { authorization: `Bearer ${key}` };
}

/** Whether the user has entered a key. */
export function hasKey() {
  return sessionStorage.getItem(NAME) !== null;
}

/**
 * Keeps the key until this tab is closed, so that a reload doesn't ask for it again.
 *
 * @param {string} key
 */
export function keepKey(key) {
  sessionStorage.setItem(NAME, key);
}

/** Forgets the key. */
export function forgetKey() {
  sessionStorage.removeItem(NAME);
}
