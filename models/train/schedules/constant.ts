import { z } from 'zod';
import { defineKind } from '../../../src/core/kind.ts';
import type { Schedule } from './schedule.ts';

export const constant = defineKind({
  kind: 'constant',
  title: 'the same rate throughout',
  options: () => z.strictObject({}),
  make: (): Schedule => ({ rate: (base) => base }),
});
