/** Calls `work` on every item, at most `limit` at a time, and stops at the first failure. */
export async function forEachParallel<T>(
  items: readonly T[],
  limit: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  let failed = false;
  const lane = async () => {
    while (!failed && next < items.length) {
      const index = next++;
      try {
        await work(items[index], index);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  // All lanes come to rest before the failure is passed on: nothing goes on working behind the caller's back.
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(limit, items.length) }, lane));
  for (const { status, ...rest } of lanes) {
    if (status === 'rejected') throw (rest as PromiseRejectedResult).reason;
  }
}
