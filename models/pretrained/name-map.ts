/** How weights of ours are called elsewhere, and how their axes lie there. */

/** Where a weight is in a file. */
export interface WeightSource {
  readonly tensor: string;
  /** Axis i of ours is axis `axes[i]` of the file's; null where they are the same. */
  readonly axes: readonly number[] | null;
}

export interface NameMap {
  readonly name: string;
  /** The start of every name in the file that matters, such as "module." */
  readonly prefix: string;
  /** @param weight as `namedWeights` calls it: "layer1.0.conv1/kernel", "cnn/conv1/kernel" in a model inside */
  source(weight: string, rank: number): WeightSource;
  /** Why a tensor has no place in any model; null for tensors that must have one. */
  ignored(tensor: string): string | null;
}

/** Layers of ours behind the backbone, and what stands in their place in torchvision's models. */
export const headLayers: ReadonlyMap<string, string | null> = new Map([
  ['probabilities', 'fc'],
  ['attention.conv', null],
]);

const parameters: Readonly<Record<string, string>> = {
  ...{ kernel: 'weight', bias: 'bias', gamma: 'weight', beta: 'bias' },
  ...{ moving_mean: 'running_mean', moving_variance: 'running_var' },
};

/** By rank: torch's (out, in, extents…) in tfjs's order (extents…, in, out). */
const kernelAxes: Readonly<Record<number, readonly number[]>> = {
  2: [1, 0],
  4: [2, 3, 1, 0],
  5: [2, 3, 4, 1, 0],
};

/** The path of a weight's layer, and what that calls the weight. */
export function splitWeight(weight: string): [layer: string, parameter: string] {
  const end = weight.lastIndexOf('/');
  return [weight.slice(0, Math.max(0, end)), weight.slice(end + 1)];
}

/**
 * torchvision's ResNets, ResNeXts and R(2+1)D: our layers bear its modules' names, and models inside are modules of it.
 * @param prefix what a wrapper has put before all names: DataParallel's "module.", or "backbone."
 */
function torchvisionMap(prefix: string): NameMap {
  return {
    name: 'torchvision',
    prefix,
    source(weight, rank) {
      const [layer, parameter] = splitWeight(weight);
      const module = headLayers.get(layer) ?? layer.replaceAll('/', '.');
      const axes = parameter === 'kernel' ? (kernelAxes[rank] ?? null) : null;
      return { tensor: `${prefix}${module}.${parameters[parameter] ?? parameter}`, axes };
    },
    ignored: (tensor) => (tensor.endsWith('.num_batches_tracked') ? 'a count of batches' : null),
  };
}

/** Names of our own: of checkpoints that `actionnx train` writes, "model/", and of `publish --to safetensors`, none. */
function ownMap(prefix: string): NameMap {
  return {
    name: 'actionnx',
    prefix,
    source: (weight) => ({ tensor: `${prefix}${weight}`, axes: null }),
    // A checkpoint keeps beside its weights what goes on from them.
    ignored: (tensor) => (prefix !== '' && !tensor.startsWith(prefix) ? "of the training's state" : null),
  };
}

/** A convolution that every backbone starts with. */
const anchors = ['conv1.weight', 'stem.0.weight'];
const ownAnchor = /^(model\/|)(conv1|stem\.0)\/kernel$/;

/** The map for a file's names: the shortest prefix with which one of them is a backbone's first convolution. */
export function nameMapFor(names: Iterable<string>): NameMap {
  let shortest: string | null = null;
  for (const name of names) {
    const own = ownAnchor.exec(name);
    if (own) return ownMap(own[1]);
    const anchor = anchors.find((end) => name === end || name.endsWith(`.${end}`));
    if (anchor === undefined) continue;
    const prefix = name.slice(0, -anchor.length);
    if (shortest === null || prefix.length < shortest.length) shortest = prefix;
  }
  return torchvisionMap(shortest ?? '');
}
