/**
 * Subscribes at a server that refuses WebSockets, and aborts once the server has its question why. Then nothing may keep the process alive.
 *
 * @module
 */

import process from "node:process";
import { subscribe } from "../../../mod.ts";

const [url = ""] = process.argv.slice(2).filter((it) => it.startsWith("http"));
const controller = new AbortController();
const token = { channel: "c", topics: ["t"], key: "jwt", apiBaseUrl: url };
const { signal } = controller;
const opening = subscribe(token, { signal, onError() {} });
await Promise.all([
  // The answer comes when the question has come.
  fetch(`${url}/asked`).then((response) => response.text())
    .then(() => controller.abort()),
  opening.catch(({ code }) => console.log(code)),
]);
