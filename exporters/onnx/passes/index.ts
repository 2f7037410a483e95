import { cancelTransposes } from './cancel-transposes.ts';
import { constantFolding } from './constant-folding.ts';
import { dropIdentities } from './drop-identities.ts';
import { foldBatchNorm } from './fold-batch-norm.ts';
import { fusePadding } from './fuse-padding.ts';
import { guardPaddedPooling } from './guard-padded-pooling.ts';
import type { Pass } from './pass.ts';
import { shareInitializers } from './share-initializers.ts';

/** What every export goes through, in this order. */
export const passes: readonly Pass[] = [
  dropIdentities,
  constantFolding,
  cancelTransposes,
  fusePadding,
  foldBatchNorm,
  guardPaddedPooling,
  shareInitializers,
];
