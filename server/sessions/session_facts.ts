import type { ConnectionFacts } from "../events/gateway_event.ts";
import type { Remote } from "../runtimes/request_head.ts";
import { isV1, transportOf, type Wire } from "../wire/encode.ts";

/** The ids of this process's sessions are UUIDs: a random part that they share, and a number. */
const PROCESS = crypto.randomUUID().slice(0, 24);

let sessions = 0;

/** The facts about a session that only an operator asks for. */
export class SessionFacts {
  /** When the session began, in milliseconds since 1970. */
  readonly since: number = Date.now();
  readonly remote: Remote;
  /** The user of its first token that names one. */
  subject: string | undefined;
  /** The last error that its client got. */
  lastReason: string | undefined;
  readonly #number = ++sessions;

  constructor(remote: Remote) {
    this.remote = remote;
  }

  get id(): string {
    return PROCESS + this.#number.toString(16).padStart(12, "0");
  }

  /** Returns the facts that events of the session have. */
  of(wire: Wire): ConnectionFacts {
    const { id: session, subject, remote } = this;
    return {
      session,
      transport: transportOf(wire),
      protocol: isV1(wire) ? "tidings.v1" : "plain",
      subject,
      ...remote,
    };
  }
}
