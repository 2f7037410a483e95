import type { LayersModel } from '@tensorflow/tfjs-layers';
import { quoted, UserError } from '../src/core/errors.ts';
import type { LabelSet } from '../src/core/labels.ts';
import { readLabelFile } from '../src/node/label-file.ts';
import type { ValueShape } from '../src/onnx/converter.ts';

/** An output of a tfjs model, under the name that tfjs has for it. */
export interface ModelOutput {
  readonly name: string;
  readonly shape: ValueShape;
}

export function outputsOf(model: LayersModel): ModelOutput[] {
  return model.outputs.map(({ sourceLayer, shape }) => ({
    name: sourceLayer.name,
    shape: shape as ValueShape,
  }));
}

/**
 * The labels in a file, one for each score that a model gives.
 *
 * @throws UserError when the model gives other than scores, or the file has another number of labels
 */
export function labelsFor(path: string, outputs: readonly ModelOutput[]): Promise<LabelSet> {
  return readLabelFile(path, requireScores(outputs), described(outputs));
}

/**
 * Names for a model's outputs: `probabilities`, then `attention` where there is a map as the second.
 *
 * @throws UserError when they are others, or not one a label
 */
export function outputNames(outputs: readonly ModelOutput[], labels: LabelSet): string[] {
  if (requireScores(outputs) !== labels.names.length) {
    throw new UserError(`the model must have an output for each of its ${labels.names.length} labels`, {
      received: described(outputs),
    });
  }
  return outputs.length > 1 ? ['probabilities', 'attention'] : ['probabilities'];
}

/** How many labels the scores are of. */
function requireScores(outputs: readonly ModelOutput[]): number {
  const [scores, map, ...others] = outputs;
  const isMap = map === undefined || map.shape.length === 3;
  const [, labels] = scores.shape;
  if (scores.shape.length === 2 && labels !== null && isMap && others.length === 0) return labels;
  throw new UserError(
    'a bundle is of a model that gives [N, labels], and may give an attention map [N, h, w] beside it',
    {
      received: described(outputs),
      remedy:
        'save a model that gives the scores alone; a plain .onnx file, which `actionnx convert` makes, has all outputs',
    },
  );
}

function described(outputs: readonly ModelOutput[]): string {
  const extents = (shape: ValueShape) => shape.map((extent, axis) => extent ?? (axis === 0 ? 'N' : 'any'));
  return outputs.map(({ name, shape }) => `${quoted(name)} [${extents(shape).join(', ')}]`).join(', ');
}
