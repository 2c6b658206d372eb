import { inngestStore, property, stepStorage } from "./async_context.ts";

/** One attempt of a step, with the number of messages that it has published. */
export interface StepAttempt {
  /** The step's id in the run, the same in every attempt. */
  readonly stepId: string;
  /** How many messages the attempt has published. */
  published: number;
}

/**
 * Tells whether code runs inside a step, for one run in one request.
 *
 * Inngest stores one executing step for the whole run. A branch that runs in parallel to that step would seem to be inside of it, and would
 * publish again in every replay. Each attempt therefore gets an async context of its own.
 */
export class StepScope {
  readonly #active = new Set<StepAttempt>();
  readonly #foreign = new Map<string, StepAttempt>();

  /** Runs a step's handler, which {@linkcode StepScope.current} then recognizes. */
  async enter<T>(stepId: string, handler: () => T): Promise<Awaited<T>> {
    const attempt: StepAttempt = { stepId, published: 0 };
    const storage = await stepStorage();
    this.#active.add(attempt);
    try {
      return await (storage
        ? storage.run({ scope: this, attempt }, handler)
        : handler());
    } finally {
      this.#active.delete(attempt);
    }
  }

  /** Returns the attempt in which the caller runs; `undefined` outside of steps. */
  async current(): Promise<StepAttempt | undefined> {
    const storage = await stepStorage();
    const store = storage?.getStore();
    if (property(store, "scope") === this) {
      return property(store, "attempt") as StepAttempt;
    }
    const [active] = this.#active;
    // Without async contexts, a request executes one step at a time.
    if (!storage) return active;
    return active ? undefined : await this.#foreignStep();
  }

  /** Returns an attempt for a step that {@linkcode StepScope.enter} did not run, such as version 3's `step.ai.wrap`. */
  async #foreignStep(): Promise<StepAttempt | undefined> {
    const stepId = await executingStepId();
    if (stepId === undefined) return undefined;
    const attempt = this.#foreign.get(stepId) ?? { stepId, published: 0 };
    this.#foreign.set(stepId, attempt);
    return attempt;
  }
}

/** Returns the attempt of a step in which the caller runs, in whichever run; `undefined` outside of steps and without async contexts. */
export async function currentAttempt(): Promise<StepAttempt | undefined> {
  const store = (await stepStorage())?.getStore();
  return property(store, "attempt") as StepAttempt | undefined;
}

/** Returns the id of the step that Inngest executes now, with Inngest's number for a repeated id. */
export async function executingStepId(): Promise<string | undefined> {
  const store = await inngestStore();
  // The first releases of version 3 with async contexts keep it one level higher.
  const step = property(property(store, "execution"), "executingStep") ??
    property(store, "executingStep");
  const id = property(step, "id");
  return typeof id === "string" ? id : undefined;
}
