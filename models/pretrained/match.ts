import { quoted, UserError } from '../../src/core/errors.ts';
import type { StoredTensor, WeightFile } from '../../src/weights/weight-file.ts';
import { identifyArchitecture, type PretrainedArchitecture } from './architecture.ts';
import { headLayers, type NameMap, nameMapFor, splitWeight, type WeightSource } from './name-map.ts';

/** A weight of a model, without its values: "layer1.0.conv1/kernel". */
export interface ModelWeight {
  readonly name: string;
  readonly shape: readonly number[];
}

/** A weight and the tensor that fits it. */
export interface MatchedWeight extends WeightSource {
  readonly weight: string;
  readonly stored: StoredTensor;
}

/** A weight or a tensor left alone, and why. */
export interface UnmatchedWeight {
  readonly name: string;
  /**
   * `missing`: the file has no tensor for this weight. `shape`: it has one of another shape. `unexpected`: the model has
   * no weight for this tensor. `head`: a weight or tensor behind the backbone, which differs from one task to another.
   * `ignored`: a tensor that is no weight.
   */
  readonly reason: 'missing' | 'shape' | 'unexpected' | 'head' | 'ignored';
  readonly detail: string;
}

/** What of a file fits a model. */
export interface PretrainedMatch {
  /** The kind of names that the file has. */
  readonly names: string;
  /** Which of torchvision's models the file is of; null for others. */
  readonly architecture: PretrainedArchitecture | null;
  readonly matched: readonly MatchedWeight[];
  readonly unmatched: readonly UnmatchedWeight[];
}

/** Reasons for which weights of the backbone stay as they are: a model so loaded is not what its file was. */
const faults: ReadonlySet<UnmatchedWeight['reason']> = new Set(['missing', 'shape', 'unexpected']);

/**
 * Compares a file's tensors with a model's weights, by name and shape; reads no values.
 * @param weights as `namedWeights` lists them
 * @throws UserError where two weights would be given one tensor
 */
export function matchPretrained(weights: readonly ModelWeight[], file: WeightFile): PretrainedMatch {
  const map = nameMapFor(file.tensors.keys());
  requireOneTensorEach(weights, map);
  const matched: MatchedWeight[] = [];
  const unmatched: UnmatchedWeight[] = [];
  for (const [layer, own] of byLayer(weights)) {
    const found = own.map((weight) => fit(weight, map, file));
    // A head is taken whole or not at all.
    const head = headLayers.has(layer) && found.some((result) => 'reason' in result);
    for (const result of found) {
      if (!('reason' in result)) {
        if (!head) matched.push(result);
        else
          unmatched.push({
            name: result.weight,
            reason: 'head',
            detail: 'the rest of its layer does not fit',
          });
      } else unmatched.push(head ? { ...result, reason: 'head' } : result);
    }
  }
  const sought = new Set(weights.map(({ name, shape }) => map.source(name, shape.length).tensor));
  for (const weight of leftOver(file, map, sought)) unmatched.push(weight);
  return { names: map.name, architecture: identifyArchitecture(shapesOf(file, map)), matched, unmatched };
}

/** @throws UserError where two weights would be given one tensor, as "a.b/kernel" and "a/b/kernel" by torch's names */
function requireOneTensorEach(weights: readonly ModelWeight[], map: NameMap): void {
  const sought = new Map<string, string>();
  for (const { name, shape } of weights) {
    const { tensor } = map.source(name, shape.length);
    const other = sought.get(tensor);
    if (other !== undefined) {
      throw new UserError("every weight of the model must have a tensor of its own among a file's", {
        received: `${quoted(other)} and ${quoted(name)}, both ${quoted(tensor)} in ${map.name}'s names`,
        remedy: 'give the layers names that differ',
      });
    }
    sought.set(tensor, name);
  }
}

/**
 * @param source what to call the file in error messages
 * @param model what to call the model
 * @throws UserError when a weight of the backbone is missing, of another shape, or left over in the file
 */
export function checkComplete(
  { unmatched, architecture }: PretrainedMatch,
  source: string,
  model: string,
): void {
  const found = unmatched.filter(({ reason }) => faults.has(reason));
  if (found.length === 0) return;
  const [{ name, reason, detail }] = found;
  const first =
    reason === 'unexpected' ? `${quoted(name)} left over` : `${quoted(name)} unmatched (${detail})`;
  const others = found.length > 1 ? `, and ${found.length - 1} more` : '';
  const isGrouped = architecture !== null && architecture.groups > 1;
  throw new UserError(`${source} does not fit the backbone of ${model}`, {
    received: `${architecture ? `weights of ${architecture.name}: ` : ''}${first}${others}`,
    remedy: isGrouped
      ? `no backbone here convolves in ${architecture.groups} groups; give weights of a ResNet`
      : "give weights of the model's own architecture; `actionnx weights` compares them",
  });
}

function byLayer(weights: readonly ModelWeight[]): Map<string, ModelWeight[]> {
  const layers = new Map<string, ModelWeight[]>();
  for (const weight of weights) {
    const [layer] = splitWeight(weight.name);
    layers.set(layer, [...(layers.get(layer) ?? []), weight]);
  }
  return layers;
}

function fit({ name, shape }: ModelWeight, map: NameMap, file: WeightFile): MatchedWeight | UnmatchedWeight {
  const { tensor, axes } = map.source(name, shape.length);
  const stored = file.tensors.get(tensor);
  if (!stored) return { name, reason: 'missing', detail: `no ${quoted(tensor)}` };
  const order = axes ?? shape.map((_, axis) => axis);
  if (stored.shape.length === shape.length && order.every((axis, i) => stored.shape[axis] === shape[i])) {
    return { weight: name, tensor, axes, stored };
  }
  const due = Array<number>(shape.length);
  for (const [i, axis] of order.entries()) due[axis] = shape[i];
  return { name, reason: 'shape', detail: `${quoted(tensor)} is [${stored.shape}], not [${due}]` };
}

/** Tensors that no weight of the model's is sought in. */
function leftOver(file: WeightFile, map: NameMap, sought: ReadonlySet<string>): UnmatchedWeight[] {
  const heads = [...headLayers.values()].filter((module) => module !== null);
  return [...file.tensors.keys()].flatMap((name): UnmatchedWeight[] => {
    if (sought.has(name)) return [];
    const ignored = map.ignored(name);
    if (ignored !== null) return [{ name, reason: 'ignored', detail: ignored }];
    const isHead =
      heads.some((module) => name.startsWith(`${map.prefix}${module}.`)) ||
      [...headLayers.keys()].some((layer) => name.startsWith(`${map.prefix}${layer}/`));
    return [
      isHead
        ? { name, reason: 'head', detail: "the file's own classifier" }
        : { name, reason: 'unexpected', detail: 'the model has no such weight' },
    ];
  });
}

function shapesOf({ tensors }: WeightFile, { prefix }: NameMap): Map<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  for (const [name, { shape }] of tensors) {
    if (name.startsWith(prefix)) shapes.set(name.slice(prefix.length), shape);
  }
  return shapes;
}
