import type { Tensor } from '../src/core/tensor.ts';
import type { InferenceSession } from '../src/runtime/session.ts';

/** A session that takes part, and what it is fed. */
export interface Runner {
  readonly session: InferenceSession;
  readonly feeds: Readonly<Record<string, Tensor>>;
}

/** How a runner did. */
export interface Lap {
  /** Milliseconds of processor time for a run: the median over the rounds. */
  readonly milliseconds: number;
  /** Of its last run. */
  readonly outputs: Record<string, Tensor>;
}

/**
 * Runs sessions in turns. In processor time, which does not depend on what else the machine does, and so the sessions
 * should have been opened with one thread.
 *
 * @param rounds that count, after two that do not
 */
export async function race(runners: readonly Runner[], rounds = 9): Promise<Lap[]> {
  const times = runners.map((): number[] => []);
  const outputs: Record<string, Tensor>[] = [];
  for (let round = -2; round < rounds; round++) {
    for (const [i, { session, feeds }] of runners.entries()) {
      const before = process.cpuUsage();
      outputs[i] = await session.run(feeds);
      const { user, system } = process.cpuUsage(before);
      if (round >= 0) times[i].push((user + system) / 1000);
    }
  }
  return times.map((taken, i) => ({
    milliseconds: taken.sort((a, b) => a - b)[Math.floor(rounds / 2)],
    outputs: outputs[i],
  }));
}
