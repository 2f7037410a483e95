/**
 * Runs jobs ahead of whoever reads their results: while one result is being used, the next `depth` jobs are under
 * way. Results come in the jobs' order; a job's failure is thrown when its turn comes. Who stops early waits for what is
 * under way, so that nothing goes on behind its back.
 *
 * @example for await (const batch of prefetch(batches.map((ids) => () => decode(ids)), 2)) await run(batch);
 */
export async function* prefetch<T>(
  jobs: Iterable<() => Promise<T>>,
  depth: number,
): AsyncGenerator<T, void, undefined> {
  const started: Promise<T>[] = [];
  try {
    for (const job of jobs) {
      const result = job();
      // It is awaited below; until then a failure must not end the process as unhandled.
      result.catch(() => {});
      started.push(result);
      if (started.length > depth) yield await started.shift()!;
    }
    for (const result of started) yield await result;
  } finally {
    await Promise.allSettled(started);
  }
}
