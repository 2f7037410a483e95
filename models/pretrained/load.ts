import type { LayersModel } from '@tensorflow/tfjs-layers';
import { quoted, UserError } from '../../src/core/errors.ts';
import { gather, rowMajorStrides } from '../../src/core/strided.ts';
import { float32Of } from '../../src/weights/float32.ts';
import type { WeightFile } from '../../src/weights/weight-file.ts';
import { tf } from '../tf.ts';
import { type NamedWeight, namedWeights } from '../train/model-weights.ts';
import { checkComplete, type MatchedWeight, matchPretrained, type PretrainedMatch } from './match.ts';

/**
 * Sets a model's weights from a file of torchvision's (or from a checkpoint of ours), and says what matched. A head that
 * does not fit, because it is for other labels, keeps the weights it has.
 *
 * @param source what to call the file in error messages
 * @param options.weights those to set, by the names that they have in the file's model; default: all
 * @param options.strict false takes what fits of the backbone, too. Default true
 * @throws UserError when a weight of the backbone is missing, of another shape, or left over in the file, or holds
 *   what is no finite number; the model is then as it was
 * @example const report = loadPretrained(model, await readWeightFile('resnet50.pth'), 'resnet50.pth');
 */
export function loadPretrained(
  model: LayersModel,
  file: WeightFile,
  source: string,
  options: { strict?: boolean; weights?: readonly NamedWeight[] } = {},
): PretrainedMatch {
  const weights = options.weights ?? namedWeights(model);
  const match = matchPretrained(
    weights.map(({ name, variable }) => ({ name, shape: variable.shape })),
    file,
  );
  if (options.strict ?? true) checkComplete(match, source, model.name);
  for (const { stored, tensor } of match.matched) checkFinite(float32Of(stored, tensor), tensor, source);
  const variables = new Map(weights.map(({ name, variable }) => [name, variable]));
  for (const matched of match.matched) {
    const variable = variables.get(matched.weight)!;
    tf.tidy(() => variable.assign(tf.tensor(valuesOf(matched), variable.shape)));
  }
  return match;
}

function checkFinite(values: Float32Array, tensor: string, source: string): void {
  let at = 0;
  while (at < values.length && Number.isFinite(values[at])) at++;
  if (at === values.length) return;
  throw new UserError(`${source} must hold finite weights`, {
    received: `${values[at]} in ${quoted(tensor)}`,
    remedy: 'fetch or save the file again',
  });
}

/** In our order of axes. */
function valuesOf({ stored, axes, tensor }: MatchedWeight): Float32Array {
  const values = float32Of(stored, tensor);
  if (axes === null) return values;
  const steps = rowMajorStrides(stored.shape);
  const shape = axes.map((axis) => stored.shape[axis]);
  return gather(values, new Float32Array(values.length), {
    ...{ shape, strides: axes.map((axis) => steps[axis]), offset: 0 },
  });
}
