import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { ROOT } from "../root.ts";

/**
 * Replaces a picture of the documents where the environment variable `WRITE_PICTURES` is 1, as `deno task pictures` sets it. Does nothing
 * otherwise, so that tests leave the files as they are.
 *
 * @param path The file, from the root.
 */
export function keepPicture(path: string, picture: Uint8Array): void {
  if (process.env.WRITE_PICTURES !== "1") return;
  mkdirSync(dirname(join(ROOT, path)), { recursive: true });
  writeFileSync(join(ROOT, path), picture);
}

/** Returns a page that shows pictures side by side, each below its caption. */
export function sideBySide(
  pictures: Readonly<Record<string, Uint8Array>>,
): string {
  const figures = Object.entries(pictures).map(([caption, picture]) => {
    const data = Buffer.from(picture).toString("base64");
    return `<figure><figcaption>${caption}</figcaption><img src="data:image/png;base64,${data}"></figure>`;
  });
  return `<!doctype html><style>
    body { display: inline-flex; gap: 24px; margin: 0; padding: 24px; background: #e8edf0; }
    figure { margin: 0; font: 600 17px system-ui, sans-serif; color: #16202b; }
    img { display: block; margin-top: 12px; border: 1px solid #c5ced4; border-radius: 12px; }
  </style>${figures.join("")}`;
}
