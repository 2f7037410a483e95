import { z } from 'zod';
import { defineKind } from '../../../src/core/kind.ts';
import { factor, type Memory, type Schedule } from './schedule.ts';

/** As torch's ReduceLROnPlateau, without its least change of 1e-8. It goes by the score that the stage keeps its best of. */
export const plateau = defineKind({
  kind: 'plateau',
  title: 'times a factor once the score has not improved for so many epochs',
  options: () =>
    z.strictObject({
      factor: factor.lt(1).default(0.1),
      /** Epochs without an improvement that are borne: the next one lowers the rate. */
      patience: z.int().min(0).default(10),
      /** By what share a score has to be better. */
      threshold: z.number().min(0).default(1e-4),
      /** Epochs after a lowering in which nothing is counted. */
      cooldown: z.int().min(0).default(0),
      floor: z.number().min(0).default(0),
    }),
  make: ({ factor, patience, threshold, cooldown, floor }): Schedule => ({
    rate: (base, _, memory) => Math.max(Math.min(base, floor), base * factor ** (memory?.lowered ?? 0)),
    watch(memory, score, best): Memory {
      const { best: before, stale, rest, lowered } = memory ?? { stale: 0, rest: 0, lowered: 0 };
      const isBetter =
        before === undefined ||
        (best === 'highest' ? score > before * (1 + threshold) : score < before * (1 - threshold));
      const left = Math.max(0, rest - 1);
      const since = rest > 0 || isBetter ? 0 : stale + 1;
      const lowers = since > patience;
      return {
        best: isBetter ? score : before,
        stale: lowers ? 0 : since,
        rest: lowers ? cooldown : left,
        lowered: lowered + (lowers ? 1 : 0),
      };
    },
  }),
});
