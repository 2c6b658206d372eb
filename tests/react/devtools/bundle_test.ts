import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { buildSync } from "esbuild";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../support/root.ts";

/** An app that always has the devtools in its code. */
const APP = `
import { createElement, Fragment } from "react";
import { useSubscription } from "./hooks.ts";
import { TidingsDevtools } from "./react/devtools/mod.ts";

export function App(props) {
  const { data } = useSubscription(props);
  return createElement(Fragment, null, data.length, createElement(TidingsDevtools));
}
`;

/** Bundles a program as an app's bundler does for an environment; returns the text and the modules that are in it. */
function bundle(
  program: string,
  environment: "production" | "development",
): { readonly text: string; readonly modules: string[] } {
  const { outputFiles: [file], metafile } = buildSync({
    stdin: { contents: program, resolveDir: ROOT, loader: "ts" },
    bundle: true,
    minify: true,
    format: "esm",
    external: ["react"],
    define: { "process.env.NODE_ENV": JSON.stringify(environment) },
    metafile: true,
    write: false,
    logLevel: "error",
  });
  const [output] = Object.values(metafile.outputs);
  const modules = Object.entries(output?.inputs ?? {})
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => path);
  return { text: file?.text ?? "", modules };
}

/** Returns the modules of the devtools. */
function devtoolsIn(modules: readonly string[]): string[] {
  return modules.filter((path) => path.startsWith("react/devtools/"));
}

// At module level, because Deno reports what esbuild leaves open inside a test as a leak.
const hooks = bundle('export * from "./hooks.ts";', "development");
const production = bundle(APP, "production");
const development = bundle(APP, "development");

describe("the devtools in an app's bundle", () => {
  it("are absent where the app imports only the hooks", () => {
    assert(hooks.modules.includes("react/shared_subscription.ts"));
    assertEquals(devtoolsIn(hooks.modules), []);
    assertEquals(hooks.text.includes("tidings-devtools"), false);
  });

  it("are absent in production but for the component, which does nothing", () => {
    assertEquals(devtoolsIn(production.modules), [
      "react/devtools/tidings_devtools.ts",
    ]);
    assertEquals(production.text.includes("tidings-devtools"), false);
  });

  it("share the hooks' subscriptions in development", () => {
    assertStringIncludes(development.text, "tidings-devtools");
    assertEquals(
      development.modules.filter((path) =>
        path.endsWith("/shared_subscription.ts")
      ),
      ["react/shared_subscription.ts"],
    );
  });

  it("are marked as code of the client, for bundlers of server components", () => {
    const path = join(ROOT, "react/devtools/mod.ts");
    assert(readFileSync(path, "utf8").startsWith('"use client";\n'));
  });
});
