import { setImmediate } from "node:timers";
import type { MaybePromise } from "../../core/types/realtime.ts";

/** A task that handles its own failures. */
export type Task = () => MaybePromise<void>;

/**
 * Runs tasks in the next turns of the event loop, in order, a few in each turn and under way at once. Thousands that came at once would
 * otherwise delay everything else for seconds.
 */
export class SpreadTasks {
  readonly #perTurn: number;
  #tasks: Task[] = [];
  /** The index of the next task. To remove each task from a long array would take longer than the task. */
  #next = 0;
  #lanes = 0;

  /** @param perTurn Maximum number of tasks in one turn, and of tasks under way. */
  constructor(perTurn: number) {
    this.#perTurn = perTurn;
  }

  add(task: Task): void {
    this.#tasks.push(task);
    if (this.#lanes < this.#perTurn) void this.#run();
  }

  /** Runs one task after the other, each in a turn of its own. */
  async #run(): Promise<void> {
    this.#lanes++;
    while (this.#next < this.#tasks.length) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      await this.#take()?.();
    }
    this.#lanes--;
  }

  #take(): Task | undefined {
    const task = this.#tasks[this.#next];
    if (!task) return undefined;
    this.#next++;
    if (this.#next === this.#tasks.length) {
      this.#tasks = [];
      this.#next = 0;
    }
    return task;
  }
}
