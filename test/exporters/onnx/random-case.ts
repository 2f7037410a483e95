import { Rng } from '../../../src/core/rng.ts';
import type { LayerCase } from './case.ts';
import { convolutions } from './random/convolutions.ts';
import type { Families } from './random/family.ts';
import { merges } from './random/merges.ts';
import { models } from './random/models.ts';
import { movements } from './random/movements.ts';
import { denseAndNormalizations } from './random/normalization.ts';
import { pointwiseLayers } from './random/pointwise.ts';
import { sequences } from './random/sequences.ts';

const families: Families = {
  ...convolutions,
  ...denseAndNormalizations,
  ...pointwiseLayers,
  ...movements,
  ...merges,
  ...sequences,
  ...models,
};

/** The classes of layers that have random cases: all that are exported. */
export const randomClasses = Object.keys(families);

/** How many cases every class has in a run of the tests; ONNX's own checker has passed their graphs. */
export const usualRounds = 4;

/** A model of a random layer of a class: the same for the same seed. */
export function randomCase(className: string, seed: number): LayerCase {
  const layerCase = families[className](new Rng(`random-layer/${className}/${seed}`), seed);
  return { ...layerCase, name: `seed ${seed}: ${className} ${layerCase.name}` };
}
