/** A Redis server's address. */
export interface RedisAddress {
  /** A name or an IP address, without the brackets of IPv6. */
  readonly host: string;
  readonly port: number;
}

/** The parts of a Redis URL. */
export interface RedisTarget {
  /** The server, or some servers of a cluster; the others are discovered. */
  readonly hosts: readonly [RedisAddress, ...RedisAddress[]];
  /** Whether connections are encrypted: `rediss:`. */
  readonly tls: boolean;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** The database's number, 0 on a cluster. */
  readonly database: number;
  /** Prefix of every key and pub/sub channel. */
  readonly prefix: string;
}

const PORT = 6379;
const PREFIX = "tidings:";

const URL_FORM =
  /^(rediss?):\/\/(?:([^/?#@]*)@)?([^/?#@]*)(?:\/([^?#@]*))?(?:\?([^#@]*))?$/;

/** Parses the URL of Redis, or returns a text that says what is wrong. The text never repeats a part that may be a password. */
export function parseRedisUrl(text: string): RedisTarget | string {
  const match = URL_FORM.exec(text);
  if (!match) {
    return "a Redis URL has the form redis://[user:password@]host[:port][,host…][/database][?prefix=…]; a special character in a password is written as %xx";
  }
  const [, protocol, login, list = "", path = "", query = ""] = match;
  const hosts = list.split(",").map(parseHost);
  const [first, ...rest] = hosts;
  if (!first || hosts.includes(undefined)) {
    return "each host of a Redis URL must be a name or an address, with a port from 1 to 65535 after a colon if it isn't 6379";
  }
  const credentials = parseLogin(login);
  if (!credentials) {
    return "the user or password of the Redis URL is not percent-encoded UTF-8";
  }
  if (!/^\d{0,5}$/.test(path)) {
    return "the path of a Redis URL is a database's number, as in redis://localhost/2";
  }
  const database = Number(path);
  if (hosts.length > 1 && database !== 0) {
    return "a Redis cluster has only database 0";
  }
  const parameters = new URLSearchParams(query);
  // Its name isn't repeated: it is the rest of a password that has a question mark.
  if ([...parameters.keys()].some((name) => name !== "prefix")) {
    return 'a Redis URL has no other parameter than "prefix"; a special character in a password is written as %xx';
  }
  const prefix = parameters.get("prefix") ?? PREFIX;
  if (/[{}\p{Cc}]/u.test(prefix) || prefix.length > 64) {
    return "a key prefix has at most 64 characters, no braces and no control characters";
  }
  return {
    hosts: [first, ...rest.filter((host) => host !== undefined)],
    tls: protocol === "rediss",
    database,
    prefix,
    ...credentials,
  };
}

/** Formats an address: `10.0.0.1:6379`. */
export function formatAddress({ host, port }: RedisAddress): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function parseHost(text: string): RedisAddress | undefined {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:[\]\s]+)(?::(\d{1,5}))?$/.exec(text);
  const port = Number(match?.[2] ?? PORT);
  if (!match?.[1] || port < 1 || port > 65535) return undefined;
  return { host: match[1].replace(/^\[|\]$/g, ""), port };
}

function parseLogin(
  login = "",
): Pick<RedisTarget, "username" | "password"> | undefined {
  try {
    const [, user = "", secret = ""] = /^([^:]*):?(.*)$/s.exec(login) ?? [];
    const username = decodeURIComponent(user);
    const password = decodeURIComponent(secret);
    return {
      ...username === "" ? {} : { username },
      ...password === "" ? {} : { password },
    };
  } catch {
    // Not percent-encoded UTF-8: the caller reports it.
    return undefined;
  }
}
