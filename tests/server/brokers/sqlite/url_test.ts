import { assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { parseSqliteUrl } from "../../../../server/brokers/sqlite/url.ts";

describe("parseSqliteUrl()", () => {
  it("takes relative and absolute paths", () => {
    const paths = {
      "sqlite:tidings.db": "tidings.db",
      "sqlite:./data/tidings.db": "./data/tidings.db",
      "sqlite:../tidings.db": "../tidings.db",
      "sqlite:/var/lib/tidings/tidings.db": "/var/lib/tidings/tidings.db",
      "sqlite:///var/lib/tidings.db": "/var/lib/tidings.db",
      "sqlite:./a%20b%3F%25.db": "./a b?%.db",
      "sqlite:./a b.db": "./a b.db",
      "sqlite:C:/data/tidings.db": "C:/data/tidings.db",
    };
    for (const [url, path] of Object.entries(paths)) {
      assertEquals(parseSqliteUrl(url), { path, synchronous: "full" });
    }
  });

  it("takes the durability of a commit", () => {
    for (const synchronous of ["full", "normal"] as const) {
      const url = `sqlite:./a.db?synchronous=${synchronous}`;
      assertEquals(parseSqliteUrl(url), { path: "./a.db", synchronous });
    }
  });

  const bad = {
    "sqlite": "has the form sqlite:./tidings.db",
    "sqlite:./a.db#b": "has the form",
    "sqlite:./a\n.db": "has the form",
    "sqlite:": "needs the path of a file",
    "sqlite:?synchronous=full": "needs the path of a file",
    "sqlite:/": "needs the path of a file",
    "sqlite:./data/": "needs the path of a file",
    "sqlite://host/tidings.db": "has no host",
    "sqlite://tidings.db": "has no host",
    "sqlite:./a%.db": "not percent-encoded",
    "sqlite:./a%00.db": "not percent-encoded",
    "sqlite::memory:": "use the broker memory",
    "sqlite:./a.db?mode=ro": 'than "synchronous"',
    "sqlite:./a.db?secret@localhost": 'than "synchronous"',
    "sqlite:./a.db?synchronous=off": "full or normal",
    "sqlite:./a.db?synchronous=": "full or normal",
    "sqlite:./a.db?synchronous=full&Synchronous=normal": 'than "synchronous"',
  };
  for (const [url, problem] of Object.entries(bad)) {
    it(`says what is wrong with ${JSON.stringify(url)}`, () => {
      const text = String(parseSqliteUrl(url));
      assertStringIncludes(text, problem);
      assertEquals(text.includes("secret"), false);
    });
  }
});
