import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { isInstalled } from "./lock.ts";

const lock = {
  packages: {
    "": { version: "0.1.0" },
    "node_modules/jose": { version: "6.2.0" },
    "node_modules/@esbuild/aix-ppc64": { version: "0.28.0", optional: true },
    "node_modules/@std/assert": { link: true },
  },
};

const installed = {
  packages: {
    "node_modules/jose": { version: "6.2.0" },
    "node_modules/@std/assert": { link: true },
  },
};

function without(path: string): typeof installed {
  const packages = { ...installed.packages, [path]: undefined };
  return JSON.parse(JSON.stringify({ packages }));
}

describe("isInstalled()", () => {
  it("is true without the packages for other systems", () => {
    assertEquals(isInstalled(lock, installed), true);
  });

  it("is false where a package is missing", () => {
    assertEquals(isInstalled(lock, without("node_modules/jose")), false);
    assertEquals(isInstalled(lock, without("node_modules/@std/assert")), false);
  });

  it("is false where a package has another version", () => {
    const packages = {
      ...installed.packages,
      "node_modules/jose": { version: "6.1.0" },
    };
    assertEquals(isInstalled(lock, { packages }), false);
  });
});
