/**
 * Runs a function of an Inngest app as Inngest's executor does, by one HTTP request after the other. Each request has the results of the
 * earlier ones, so that the function is replayed from its start every time.
 *
 * @module
 */

/** A function's id in Inngest's own database. */
export const FUNCTION_ID = "7f6a9f0e-3f7a-4c46-9a0b-3d5b1c2e4f60";

let runs = 0;

/** Makes a unique id of a run, a ULID. */
export function newRunId(): string {
  return `01JNGVNB7BJVRCZWTBF8G7${String(1000 + runs++)}`;
}

/** An app's `serve` handler. */
export type ServeHandler = (request: Request) => Promise<Response>;

/** The steps that apps reported while they were still executing, by the run's id. */
const checkpoints = new Map<string, Operation[]>();

/** Stands in for Inngest's API, to which apps report the steps that they executed. */
export async function answerAsInngest(
  input: string | URL | Request,
  init?: RequestInit,
): Promise<Response> {
  const { run_id, steps } = await new Request(input, init).json();
  checkpoints.set(run_id, [...checkpoints.get(run_id) ?? [], ...steps]);
  return new Response();
}

/** The options of a run. */
export interface RunOptions {
  /** The ids of the app and of the function, joined by "-". */
  readonly functionId: string;
  /** The event that triggers it. */
  readonly event?: {
    readonly name: string;
    readonly data: Readonly<Record<string, unknown>>;
  };
  /** The run's id. */
  readonly runId: string;
  /** The function's id in Inngest's own database. */
  readonly internalId?: string;
  /**
   * How many attempts a step, or the function around the steps, has.
   *
   * @default {4}
   */
  readonly maxAttempts?: number;
  /** Called before each request, with its number from 0. */
  readonly onRequest?: (count: number) => void;
  /** Returns the event that the function waits for; `null` if none came in time. */
  readonly onWait?: (wait: Operation) => Promise<unknown>;
}

/** The end of a run. */
export interface RunOutcome {
  readonly status: "completed" | "failed";
  /** The result of the function, or the error that ended it. */
  readonly output: unknown;
  /** The number of requests. */
  readonly requests: number;
}

/** An operation that a function asks the executor for. */
export interface Operation {
  readonly id: string;
  readonly op: string;
  /** For a wait, the name of the event. */
  readonly name?: string;
  /** For a wait, the condition that the event has to meet. */
  readonly opts?: { readonly if?: string; readonly timeout: string };
  readonly data?: unknown;
  readonly error?: unknown;
}

type StepState = Record<string, unknown>;

/** Runs a function until it has completed or failed for good. */
export async function executeRun(
  handler: ServeHandler,
  options: RunOptions,
): Promise<RunOutcome> {
  const { maxAttempts = 4 } = options;
  const steps: StepState = {};
  const order: string[] = [];
  const planned: string[] = [];
  let requests = 0;
  let attempt = 0;

  async function send(stepId: string): Promise<Response> {
    const count = requests++;
    options.onRequest?.(count);
    return await handler(
      requestFor(options, stepId, { steps, order, attempt, maxAttempts }),
    );
  }

  while (requests < 100) {
    const stepId = planned[0] ?? "step";
    const response = await send(stepId);
    const body = await response.json();
    for (const operation of checkpoints.get(options.runId) ?? []) {
      take(operation, steps, order, planned);
    }
    checkpoints.delete(options.runId);
    if (response.status === 200) {
      return { status: "completed", output: body, requests };
    }
    if (response.status !== 206) {
      if (
        response.headers.get("x-inngest-no-retry") === "true" ||
        attempt + 1 >= maxAttempts
      ) {
        return { status: "failed", output: body, requests };
      }
      attempt++;
      continue;
    }
    let failed = false;
    for (const operation of body as Operation[]) {
      if (operation.op === "RunComplete") {
        return { status: "completed", output: operation.data, requests };
      }
      if (operation.op === "WaitForEvent" && options.onWait) {
        const data = await options.onWait(operation);
        steps[operation.id] = { type: "data", data };
        order.push(operation.id);
        continue;
      }
      failed = take(operation, steps, order, planned) || failed;
    }
    attempt = failed ? attempt + 1 : 0;
  }
  throw new Error("The run does not end");
}

/** Stores the result of a step; returns `true` if the step is to be retried. */
function take(
  { id, op, data, error }: Operation,
  steps: StepState,
  order: string[],
  planned: string[],
): boolean {
  if (op === "StepPlanned") {
    planned.push(id);
    return false;
  }
  if (op === "StepError") return true;
  if (op !== "StepRun" && op !== "StepFailed") {
    throw new Error(`The executor does not know the operation "${op}"`);
  }
  const at = planned.indexOf(id);
  if (at >= 0) planned.splice(at, 1);
  steps[id] = op === "StepRun"
    ? { type: "data", data }
    : { type: "error", error };
  order.push(id);
  return false;
}

function requestFor(
  { functionId, event = { name: "test/run", data: {} }, ...run }: RunOptions,
  stepId: string,
  { steps, order, attempt, maxAttempts }: {
    steps: StepState;
    order: readonly string[];
    attempt: number;
    maxAttempts: number;
  },
): Request {
  const query = new URLSearchParams({ fnId: functionId, stepId });
  return new Request(`http://app.test/api/inngest?${query}`, {
    method: "POST",
    headers: { "content-type": "application/json", host: "app.test" },
    body: JSON.stringify({
      version: 1,
      event,
      events: [event],
      steps,
      use_api: false,
      ctx: {
        run_id: run.runId,
        fn_id: run.internalId,
        attempt,
        max_attempts: maxAttempts,
        disable_immediate_execution: false,
        use_api: false,
        qi_id: crypto.randomUUID(),
        stack: { stack: order, current: order.length },
      },
    }),
  });
}
