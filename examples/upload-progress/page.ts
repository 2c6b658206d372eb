/// <reference lib="dom" />
import { type Realtime, subscribe } from "@tidings/realtime";
import type { uploads } from "./channels.ts";

type Token = Realtime.Token<typeof uploads, ["progress", "done"]>;

function fetchToken(): Promise<Response> {
  return fetch("/api/realtime-token", { method: "POST" });
}

watch().catch((error) => document.body.append(error.message));

async function watch(): Promise<void> {
  const messages = await subscribe<Token>(fetchToken, { from: "start" });
  for await (const { topic, kind, data } of messages) {
    if (kind !== "data") continue;
    const row = rowOf(data.file);
    if (topic === "progress") {
      row.bar.value = data.percent;
      row.note.textContent = `${Math.floor(data.percent)} %`;
    } else {
      row.bar.value = 100;
      row.note.textContent = `SHA-256 ${data.sha256.slice(0, 16)}…`;
    }
  }
}

interface Row {
  readonly bar: HTMLProgressElement;
  readonly note: HTMLElement;
}

const rows = new Map<string, Row>();

/** Returns the file's row in the list; creates it for a new file. */
function rowOf(file: string): Row {
  const known = rows.get(file);
  if (known) return known;
  const item = document.createElement("li");
  const name = document.createElement("strong");
  const note = document.createElement("span");
  const bar = document.createElement("progress");
  name.textContent = file;
  bar.max = 100;
  item.append(name, note, bar);
  document.querySelector("ol")?.prepend(item);
  rows.set(file, { bar, note });
  return { bar, note };
}

async function upload(file: File): Promise<void> {
  await fetch(`/api/uploads/${encodeURIComponent(file.name)}`, {
    method: "PUT",
    body: file,
  });
}

document.querySelector("input")?.addEventListener("change", (event) => {
  const { files } = event.target as HTMLInputElement;
  for (const file of files ?? []) upload(file);
});

document.querySelector("button")?.addEventListener("click", () => {
  const name = `sample-${rows.size + 1}.bin`;
  upload(new File([new Uint8Array(4 * 1024 * 1024)], name));
});
