import { dropIdentities } from './drop-identities.ts';
import { foldBatchNorm } from './fold-batch-norm.ts';
import { fusePadding } from './fuse-padding.ts';
import { guardPaddedMaximum } from './guard-padded-maximum.ts';
import type { Pass } from './pass.ts';

/** What every export goes through, in this order. */
export const passes: readonly Pass[] = [dropIdentities, fusePadding, foldBatchNorm, guardPaddedMaximum];
