import { hostname } from "node:os";
import process from "node:process";

/** The part of Deno's API that tells whether a program may know the name of its machine, without asking a person at the terminal. */
interface DenoLike {
  readonly permissions?: {
    querySync(wanted: { name: "sys"; kind: "hostname" }): { state: string };
  };
}

/** Names this machine or container, and this process: `box-1, process 4711`; `undefined` where the runtime doesn't allow it. */
export function hostName(): string | undefined {
  const { Deno }: { Deno?: DenoLike } = Object(globalThis);
  const wanted = { name: "sys", kind: "hostname" } as const;
  const state = Deno?.permissions?.querySync(wanted).state ?? "granted";
  return state === "granted"
    ? `${hostname()}, process ${process.pid}`
    : undefined;
}
