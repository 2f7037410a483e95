import type { LayersModel, layers } from '@tensorflow/tfjs-layers';
import { innerLayers } from '../inner-layers.ts';

const kinds: ReadonlySet<string> = new Set(['BatchNorm', 'BatchNormalization']);

/** Layers that normalise by their moving averages in training, too. */
const keeping = new WeakSet<layers.Layer>();
const prepared = new WeakSet<layers.Layer>();

/**
 * Settles which batch normalisations of a model move their averages in training. Frozen ones do not, nor those inside
 * something frozen: as in Keras, they normalise by the averages that they have, and leave them as they are. (tfjs
 * itself moves the averages of frozen ones, and does not tell the layers of a frozen model inside.)
 *
 * @param isKept of others, by path ("cnn/bn1"): their scale and shift are trained, their averages stay
 */
export function settleAverages(model: LayersModel, isKept: (path: string) => boolean = () => false): void {
  const visit = (layer: layers.Layer, path: string, frozenOutside: boolean) => {
    const frozen = frozenOutside || !layer.trainable;
    if (kinds.has(layer.getClassName())) {
      prepare(layer);
      if (frozen || isKept(path)) keeping.add(layer);
      else keeping.delete(layer);
    }
    for (const { name, layer: inner } of innerLayers(layer)) {
      visit(inner, path === '' ? name : `${path}/${name}`, frozen);
    }
  };
  visit(model as unknown as layers.Layer, '', false);
}

/** Makes a layer look, at each call, whether it keeps its averages. */
function prepare(layer: layers.Layer): void {
  if (prepared.has(layer)) return;
  prepared.add(layer);
  const call = layer.call.bind(layer);
  layer.call = (inputs, kwargs) => call(inputs, keeping.has(layer) ? { ...kwargs, training: false } : kwargs);
}

/** The paths of a model's frozen layers; an empty one is the model itself. */
export function frozenPaths(model: LayersModel): Set<string> {
  return new Set(paths(model).flatMap(([path, layer]) => (layer.trainable ? [] : [path])));
}

/** Freezes the layers at these paths, in a model of the same layers. */
export function freeze(model: LayersModel, frozen: ReadonlySet<string>): void {
  for (const [path, layer] of paths(model)) if (frozen.has(path)) layer.trainable = false;
}

function paths(outer: LayersModel | layers.Layer, path = ''): [string, layers.Layer][] {
  const inner = innerLayers(outer).flatMap(({ name, layer }) =>
    paths(layer, path === '' ? name : `${path}/${name}`),
  );
  return [[path, outer as layers.Layer], ...inner];
}
