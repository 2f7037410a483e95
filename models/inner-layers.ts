import type { LayersModel, layers } from '@tensorflow/tfjs-layers';

/** What tfjs's layers keep others in, by kind of layer; its types leave most of that out. */
type Outer = layers.Layer & {
  readonly layers?: readonly layers.Layer[];
  readonly forwardLayer?: layers.Layer;
  readonly backwardLayer?: layers.Layer;
  readonly layer?: layers.Layer;
  readonly cell?: layers.Layer & { readonly cells?: readonly layers.Layer[] };
};

/** A layer inside another. */
export interface InnerLayer {
  /** Within the outer one: the layer's own name, `forward` and `backward` of a Bidirectional, a stacked cell's index. */
  readonly name: string;
  readonly layer: layers.Layer;
}

/**
 * The layers that one consists of: a model's, a TimeDistributed's, a Bidirectional's two, the cells of a recurrent layer
 * that stacks them. A single cell is the recurrent layer's own affair.
 */
export function innerLayers(outer: LayersModel | layers.Layer): InnerLayer[] {
  const { layers, forwardLayer, backwardLayer, layer, cell } = outer as Outer;
  const named = (layer: layers.Layer): InnerLayer => ({ name: layer.name, layer });
  if (layers) return layers.map(named);
  // A Bidirectional also keeps the layer that both were made of, which is never built.
  if (forwardLayer && backwardLayer) {
    return [
      { name: 'forward', layer: forwardLayer },
      { name: 'backward', layer: backwardLayer },
    ];
  }
  if (layer) return [named(layer)];
  return (cell?.cells ?? []).map((layer, i) => ({ name: String(i), layer }));
}

/** A model and all layers inside it, at any depth, the outer ones first. */
export function layersWithin(outer: LayersModel | layers.Layer): layers.Layer[] {
  return [outer as layers.Layer, ...innerLayers(outer).flatMap(({ layer }) => layersWithin(layer))];
}
