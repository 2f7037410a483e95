/** The converters of TensorFlow's operators, one file a family. Importing one defines it. */
import type { GraphConverter } from '../op.ts';
import { arithmetic } from './arithmetic.ts';
import { convolutions } from './conv.ts';
import { creations } from './creation.ts';
import { identities, placeholderWithDefault } from './identity.ts';
import { images } from './image.ts';
import { joins } from './join.ts';
import { listOperators } from './list.ts';
import { logic } from './logic.ts';
import { products } from './matmul.ts';
import { normalizations } from './normalization.ts';
import { paddings } from './padding.ts';
import { poolings } from './pooling.ts';
import { reductions } from './reduction.ts';
import { shapes } from './shape.ts';
import { slices } from './slice.ts';
import { spacesAndBatches } from './space-to-batch.ts';
import { transpose } from './transpose.ts';
import { unaries } from './unary.ts';

export const graphConverters: readonly GraphConverter[] = [
  ...[...identities, placeholderWithDefault],
  ...[...convolutions, ...poolings, ...products, ...normalizations, ...images],
  ...listOperators,
  ...[...arithmetic, ...unaries, ...logic, ...reductions],
  ...[...shapes, transpose, ...slices, ...joins, ...paddings, ...spacesAndBatches, ...creations],
];
