/**
 * Prints how many bytes a gateway keeps of 1,000 refused requests with long texts: 56 KB each.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import process from "node:process";
import { createGateway } from "../../../server/mod.ts";
import { ADMIN_KEY } from "./admin.ts";
import { SIGNING_KEY } from "../gateway/gateway.ts";
import { collectGarbage } from "../process/programs.ts";

const gateway = createGateway({ signingKey: SIGNING_KEY, adminKey: ADMIN_KEY });

/** Returns a text that no other one shares its memory with. */
function textOf(name: string, length: number): string {
  return Buffer.alloc(length, `${name}.`).toString();
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

/** Sends a token that nobody signed, with long texts wherever a request may have one. */
async function refuse(number: number): Promise<void> {
  const payload = encode({
    sub: textOf(`sub-${number}`, 16_000),
    jti: textOf(`jti-${number}`, 16_000),
  });
  const token = `${encode({ alg: "HS256", typ: "JWT" })}.${payload}.e30`;
  const channel = textOf(`channel-${number}`, 12_000);
  const response = await gateway.fetch(
    new Request(`http://localhost/v1/realtime/publish?channel=${channel}`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${token}`,
        origin: textOf(`origin-${number}`, 12_000),
      },
    }),
  );
  const { error } = await response.json();
  if (error.code !== "invalid_token") throw new Error(error.message);
}

function usedBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

// The first refusals load and compile code, whose memory doesn't count.
for (let i = 0; i < 50; i++) await refuse(-i);
const before = usedBytes();
for (let i = 0; i < 1_000; i++) await refuse(i);
// Objects of the last turn are kept until it ends.
await new Promise((resolve) => setTimeout(resolve));
console.log(usedBytes() - before);
process.exit(0);
