import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type PackedManifest, packedManifest } from "../../../pack/manifest.ts";
import { ROOT } from "../root.ts";
import { tarball } from "./tarball.ts";

/** A registry of npm packages that has only ours, as it would be published. */
export interface Registry extends AsyncDisposable {
  /** Lets npm, Bun and Deno take the package from this registry in a folder, and all other packages from their usual one. */
  useIn(folder: string): Promise<void>;
}

/**
 * Starts a registry on this machine, so that tests can run a document's commands as they are: `npm install @tidings/realtime`.
 *
 * @throws {Error} When the package can't be packed.
 */
export async function startRegistry(): Promise<Registry> {
  const source = await readFile(join(ROOT, "package.json"), "utf8");
  const manifest = packedManifest(JSON.parse(source));
  const bytes = await readFile(await tarball());
  const server = createServer(({ url = "" }, response) => {
    // Another test may get the same port later, with a newer package.
    response.setHeader("cache-control", "no-store");
    if (url.endsWith(".tgz")) response.end(bytes);
    else response.end(JSON.stringify(packument(manifest, bytes, origin)));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  const [scope] = manifest.name.split("/");
  return {
    useIn: (folder) =>
      writeFile(join(folder, ".npmrc"), `${scope}:registry=${origin}/\n`),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** Returns what a registry answers for a package with one version. */
function packument(
  manifest: PackedManifest,
  bytes: Uint8Array,
  origin: string,
): object {
  const { name, version } = manifest;
  const digest = createHash("sha512").update(bytes).digest("base64");
  const dist = {
    tarball: `${origin}/${name}-${version}.tgz`,
    integrity: `sha512-${digest}`,
  };
  return {
    name,
    "dist-tags": { latest: version },
    versions: { [version]: { ...manifest, dist } },
  };
}
