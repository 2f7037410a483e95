import pLimit, { type LimitFunction } from 'p-limit';

export type { LimitFunction } from 'p-limit';

/** What calls a function once fewer than `limit` of those before are under way, and gives what it gives. */
export function limited(limit: number): LimitFunction {
  return pLimit(limit);
}

/**
 * Work that nobody waits for one by one, at most `limit` pieces of it at a time. After the first failure nothing is
 * begun any more.
 *
 * @example
 * const tasks = new Tasks(8);
 * for await (const image of images) await tasks.start(() => write(image));
 * await tasks.finish();
 */
export class Tasks {
  readonly #limit: LimitFunction;
  readonly #started: Set<Promise<void>> = new Set();
  #failure: { readonly error: unknown } | undefined;

  constructor(limit: number) {
    this.#limit = limited(limit);
  }

  /** Begins a piece of work once there is room; pieces begin in the order given. @throws what an earlier one threw */
  async start(work: () => Promise<void>): Promise<void> {
    await new Promise<void>((begun) => {
      const task = this.#limit(async () => {
        begun();
        if (this.#failure) return;
        try {
          await work();
        } catch (error) {
          this.#failure ??= { error };
        }
      }).finally(() => this.#started.delete(task));
      this.#started.add(task);
    });
    if (this.#failure) throw this.#failure.error;
  }

  /** Waits until all of it is at rest, in failure as well. @throws what the first that failed threw */
  async finish(): Promise<void> {
    await Promise.all(this.#started);
    if (this.#failure) throw this.#failure.error;
  }
}

/**
 * Calls `work` on every item, at most `limit` at a time. At the first failure nothing more is begun, and it is passed on
 * once all that had begun is at rest: nothing goes on working behind the caller's back.
 */
export async function forEachParallel<T>(
  items: readonly T[],
  limit: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  const tasks = new Tasks(limit);
  for (const [index, item] of items.entries()) {
    // It is told by `finish`, after the others.
    const isStopped = await tasks
      .start(() => work(item, index))
      .then(
        () => false,
        () => true,
      );
    if (isStopped) break;
  }
  await tasks.finish();
}
