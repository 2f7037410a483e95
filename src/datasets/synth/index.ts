import { Registry } from '../../core/registry.ts';
import { syntheticClassFolders, syntheticFolder } from './folder.ts';
import { syntheticStanford40 } from './stanford-40.ts';
import type { SynthKind } from './synth-kind.ts';
import { syntheticTvHi } from './tv-hi.ts';

/** Every data set that can be made besides A2D, whose release `synthesize` writes. */
export const synthKinds = new Registry<SynthKind>('synthetic data set', [
  syntheticFolder,
  syntheticClassFolders,
  syntheticStanford40,
  syntheticTvHi,
]);
