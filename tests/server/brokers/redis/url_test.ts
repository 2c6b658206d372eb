import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  formatAddress,
  parseRedisUrl,
  type RedisTarget,
} from "../../../../server/brokers/redis/url.ts";

const LOCAL = { host: "localhost", port: 6379 };
const PLAIN: RedisTarget = {
  hosts: [LOCAL],
  tls: false,
  database: 0,
  prefix: "tidings:",
};

describe("parseRedisUrl()", () => {
  it("reads a host, with a port, a database, a prefix and encryption", () => {
    assertEquals(parseRedisUrl("redis://localhost"), PLAIN);
    assertEquals(parseRedisUrl("redis://localhost:6379/"), PLAIN);
    assertEquals(parseRedisUrl("redis://localhost/15"), {
      ...PLAIN,
      database: 15,
    });
    assertEquals(parseRedisUrl("rediss://10.0.0.1:7000?prefix=app%3A1%3A"), {
      ...PLAIN,
      hosts: [{ host: "10.0.0.1", port: 7000 }],
      tls: true,
      prefix: "app:1:",
    });
    assertEquals(parseRedisUrl("redis://[::1]:7000"), {
      ...PLAIN,
      hosts: [{ host: "::1", port: 7000 }],
    });
  });

  it("reads a user and a password, with special characters", () => {
    assertEquals(parseRedisUrl("redis://:secret@localhost"), {
      ...PLAIN,
      password: "secret",
    });
    assertEquals(parseRedisUrl("redis://user@localhost"), {
      ...PLAIN,
      username: "user",
    });
    assertEquals(parseRedisUrl("redis://us%40er:p%2F%3A%3f:w@localhost"), {
      ...PLAIN,
      username: "us@er",
      password: "p/:?:w",
    });
  });

  it("reads the hosts of a cluster", () => {
    assertEquals(
      parseRedisUrl("redis://u:p@a:7000,b,[2001:db8::1]:7001?prefix="),
      {
        ...PLAIN,
        hosts: [
          { host: "a", port: 7000 },
          { host: "b", port: 6379 },
          { host: "2001:db8::1", port: 7001 },
        ],
        username: "u",
        password: "p",
        prefix: "",
      },
    );
  });

  it("says what is wrong without repeating a password", () => {
    for (
      const [url, reason] of [
        ["redis:", "the form"],
        ["redis://", "each host"],
        ["http://localhost", "the form"],
        ["redis://:secret/secret@localhost", ""],
        ["redis://:secret#secret@localhost", ""],
        ["redis://user:12?secret@localhost", "the form"],
        ["redis://user:12/3?prefix=secret@localhost", "the form"],
        ["redis://user:12?secret", "written as %xx"],
        ["redis://:secret%@localhost", "percent-encoded"],
        ["redis://localhost:0", "port"],
        ["redis://localhost:65536", "port"],
        ["redis://localhost:secret", "port"],
        ["redis://a,,b", "each host"],
        ["redis://a b", "each host"],
        ["redis://localhost/secret", "database's number"],
        ["redis://a,b/1", "only database 0"],
        ["redis://localhost?db=1", 'than "prefix"'],
        ["redis://localhost?prefix={a}", "braces"],
        ["redis://localhost?prefix=%0a", "control"],
      ] as const
    ) {
      const problem = parseRedisUrl(url);
      assert(typeof problem === "string", url);
      assert(problem.includes(reason), `${url}: ${problem}`);
      assert(!problem.includes("secret"), problem);
      assert(!problem.includes("\n"), problem);
    }
  });
});

describe("formatAddress()", () => {
  it("formats an address, with brackets around IPv6", () => {
    assertEquals(formatAddress(LOCAL), "localhost:6379");
    assertEquals(formatAddress({ host: "::1", port: 1 }), "[::1]:1");
  });
});
