import {
  type Answer,
  FrameReader,
  type GatewayFrame,
  readAnswers,
  type Received,
} from "./answers.ts";
import type { Case } from "./case.ts";
import { Connection } from "./connection.ts";

/** The gateway's answers to a case. */
export interface Outcome {
  readonly answers: readonly Answer[];
  /** The bytes that are no HTTP answer. */
  readonly noise?: string;
  readonly frames: readonly GatewayFrame[];
  /** Whether the gateway ended the connection. */
  readonly isClosed: boolean;
  /** Whether the gateway owed an answer and neither gave it nor ended the connection in time. */
  readonly isLate: boolean;
}

/** The time that a case which follows the protocol has. Only a gateway that hangs needs it. */
const OWED_MS = 20_000;

/** The time after which a broken case counts as unanswered, as the gateway may wait for its rest. */
const PATIENCE_MS = 250;

/** The silence after which nothing more is expected. */
const QUIET_MS = 25;

const PONG = 10;
const CLOSE = 8;

/** Sends a case on a connection of its own and collects what comes back. */
export async function exchange(port: number, sent: Case): Promise<Outcome> {
  const connection = await Connection.open(port);
  try {
    return sent.opening === undefined
      ? await request(connection, sent)
      : await converse(connection, sent, sent.opening);
  } finally {
    connection.close();
  }
}

/** The answers of a connection, read as they arrive. */
class Reader {
  readonly #connection: Connection;
  readonly #methods: readonly string[];
  readonly #frames = new FrameReader();
  #text = "";
  #read: Received = { answers: [] };

  constructor(connection: Connection, { methods }: Case) {
    this.#connection = connection;
    this.#methods = methods;
  }

  /** Reads what has arrived. */
  read(): Received & { readonly control: readonly GatewayFrame[] } {
    const { isOver } = this.#connection;
    const piece = this.#connection.take();
    if (this.#read.frames === undefined) {
      this.#text += piece;
      this.#read = readAnswers(this.#text, this.#methods, isOver);
      this.#frames.read(this.#read.frames ?? "");
    } else this.#frames.read(piece);
    return { ...this.#read, control: this.#frames.frames };
  }

  /** Returns everything that was read. */
  outcome(isLate: boolean): Outcome {
    const { answers, noise, control } = this.read();
    return {
      answers,
      ...(noise === undefined ? {} : { noise }),
      frames: control,
      isClosed: this.#connection.isOver,
      isLate,
    };
  }
}

/** Sends requests and waits for their answers. */
async function request(connection: Connection, sent: Case): Promise<Outcome> {
  const { kind, bytes, methods, isWhole, isSplit } = sent;
  const reader = new Reader(connection, sent);
  await connection.write(bytes, isSplit);
  const isAnswered = (): boolean => {
    const { answers, frames } = reader.read();
    if (frames !== undefined) return true;
    // An event stream has no end; a broken request may have any number of answers.
    if (kind === "sse" || !isWhole) return answers.length > 0;
    const isLast = answers.length === methods.length ||
      answers.at(-1)?.headers.get("connection") === "close";
    return isLast && answers.every(({ isComplete }) => isComplete);
  };
  const isInTime = await connection.until(
    isAnswered,
    isWhole ? OWED_MS : PATIENCE_MS,
  );
  if (!isInTime && !isWhole) {
    connection.finish();
    await connection.until(isAnswered, PATIENCE_MS);
  }
  if (!isWhole || kind !== "http") await connection.quiet(QUIET_MS);
  return reader.outcome(isWhole && !isInTime);
}

/** Opens a WebSocket, sends frames and waits until the last one is answered. */
async function converse(
  connection: Connection,
  sent: Case,
  opening: string,
): Promise<Outcome> {
  const { bytes, isWhole, isSplit } = sent;
  const reader = new Reader(connection, sent);
  await connection.write(opening, false);
  const isAnswered = (): boolean =>
    reader.read().answers.some(({ isComplete }) => isComplete);
  if (!await connection.until(isAnswered, OWED_MS)) return reader.outcome(true);
  if (reader.read().frames === undefined) return reader.outcome(false);
  await connection.write(bytes, isSplit);
  const isDone = (): boolean =>
    reader.read().control.some(({ opcode, payload }) =>
      opcode === CLOSE || (opcode === PONG && payload === "the last one")
    );
  const isInTime = await connection.until(
    isDone,
    isWhole ? OWED_MS : PATIENCE_MS,
  );
  // After the pong, the gateway may still have frames to send.
  await connection.quiet(QUIET_MS);
  return reader.outcome(isWhole && !isInTime);
}
