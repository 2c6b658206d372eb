import { Worker } from "node:worker_threads";
import { RealtimeError } from "../../../../core/protocol/errors.ts";
import { THREAD_URL } from "../thread/thread.ts";
import {
  decode,
  type FromThread,
  type ThreadOptions,
} from "./thread_messages.ts";

/** A thread whose database is open. */
export interface StartedThread {
  readonly worker: Worker;
  /** Whether the database was an older copy, came from elsewhere, or may have lost commits. */
  readonly wasRestored: boolean;
}

/**
 * Starts the thread, which opens the database.
 *
 * @throws {RealtimeError} `conflict` when another process has it open, `invalid_argument` when it can't be used.
 */
export async function startThread(
  options: ThreadOptions,
): Promise<StartedThread> {
  const worker = startWorker(options);
  const message = await firstMessage(worker);
  if ("opened" in message) return { worker, ...message.opened };
  await worker.terminate();
  const { isOwned, reason } = "refused" in message
    ? message.refused
    : { isOwned: false, reason: "its thread ended" };
  throw new RealtimeError(
    isOwned ? "conflict" : "invalid_argument",
    `Cannot open the database ${JSON.stringify(options.path)}: ${reason}`,
  );
}

/** Starts the thread's module, from wherever this one came: Deno takes the addresses of files and data only, and its modules may come by HTTP. */
function startWorker(workerData: ThreadOptions): Worker {
  const url = JSON.stringify(THREAD_URL);
  const source = `import { runThread } from ${url};runThread();`;
  return new Worker(
    new URL(`data:text/javascript,${encodeURIComponent(source)}`),
    { workerData },
  );
}

/** Resolves with the thread's first message, or with its end. */
function firstMessage(worker: Worker): Promise<FromThread> {
  return new Promise((resolve) => {
    worker.once("message", (text: string) => resolve(decode(text)));
    worker.once(
      "error",
      ({ message: reason }: Error) =>
        resolve({ refused: { isOwned: false, reason } }),
    );
    worker.once("exit", () => resolve({ closed: true }));
  });
}
