import { foldConstants } from '../../../src/onnx/fold-constants.ts';
import type { Pass } from './pass.ts';

/** Computes what depends on constants alone: casts, arithmetic, reshapes and transposes of weights and literals. */
export const constantFolding: Pass = { name: 'constant-folding', apply: foldConstants };
