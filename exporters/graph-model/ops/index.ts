/** The converters of TensorFlow's operators, one file a family. Importing one defines it. */
import type { GraphConverter } from '../op.ts';
import { atan2 } from './angle.ts';
import { arithmetic } from './arithmetic.ts';
import { bands } from './band.ts';
import { convolutions } from './conv.ts';
import { transposedConvolution } from './conv-transpose.ts';
import { countings } from './counting.ts';
import { creations } from './creation.ts';
import { crop } from './crop-and-resize.ts';
import { dilation } from './dilation.ts';
import { identities, placeholderWithDefault } from './identity.ts';
import { images } from './image.ts';
import { joins } from './join.ts';
import { listOperators } from './list.ts';
import { logic } from './logic.ts';
import { products } from './matmul.ts';
import { suppressions } from './non-max-suppression.ts';
import { normalizations } from './normalization.ts';
import { paddings } from './padding.ts';
import { poolings } from './pooling.ts';
import { reductions } from './reduction.ts';
import { scatters } from './scatter.ts';
import { selections } from './selection.ts';
import { shapes } from './shape.ts';
import { slices } from './slice.ts';
import { spacesAndBatches } from './space-to-batch.ts';
import { transpose } from './transpose.ts';
import { unaries } from './unary.ts';

export const graphConverters: readonly GraphConverter[] = [
  ...[...identities, placeholderWithDefault],
  ...[...convolutions, transposedConvolution, ...poolings, ...products, ...normalizations, ...images, crop],
  ...listOperators,
  ...[...arithmetic, atan2, ...unaries, ...logic, ...reductions],
  ...[...shapes, transpose, ...slices, ...joins, ...paddings, ...spacesAndBatches, ...creations],
  ...[...scatters, ...selections, ...suppressions, bands, ...countings, dilation],
];
