import { inngestStore, property, stepStorage } from "./async_context.ts";

/** One attempt of one step: what was published in it so far is counted here. */
export interface StepAttempt {
  /** The step's id in the run, the same in every attempt. */
  readonly stepId: string;
  /** How many messages the attempt has published. */
  published: number;
}

/**
 * Tells inside a step from outside, for one run in one request.
 *
 * Inngest notes the executing step once for the whole run. A branch that goes on beside that step would look as if
 * it were inside: it would publish again in every replay. So each attempt is marked in an async context of our own.
 */
export class StepScope {
  readonly #active = new Set<StepAttempt>();
  readonly #foreign = new Map<string, StepAttempt>();

  /** Runs a step's handler so that {@linkcode StepScope.current} knows it. */
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

  /** The attempt in which the caller runs; `undefined` outside of every step. */
  async current(): Promise<StepAttempt | undefined> {
    const storage = await stepStorage();
    const store = storage?.getStore();
    if (property(store, "scope") === this) {
      return property(store, "attempt") as StepAttempt;
    }
    const [active] = this.#active;
    // Without async contexts: a request executes one step at a time.
    if (!storage) return active;
    return active ? undefined : await this.#foreignStep();
  }

  /** A step whose handler {@linkcode StepScope.enter} was not given, as version 3's `step.ai.wrap`. */
  async #foreignStep(): Promise<StepAttempt | undefined> {
    const stepId = await executingStepId();
    if (stepId === undefined) return undefined;
    const attempt = this.#foreign.get(stepId) ?? { stepId, published: 0 };
    this.#foreign.set(stepId, attempt);
    return attempt;
  }
}

/** The id of the step that Inngest executes now, with the number that it gives to a repeated one. */
export async function executingStepId(): Promise<string | undefined> {
  const store = await inngestStore();
  // The first versions 3 with async contexts keep it one level higher.
  const step = property(property(store, "execution"), "executingStep") ??
    property(store, "executingStep");
  const id = property(step, "id");
  return typeof id === "string" ? id : undefined;
}
