import type { Layer, Value, ValueShape } from '../../src/onnx/converter.ts';
import type { Mask } from './masks.ts';

/** One call of one layer, as a converter sees it. */
export interface LayerCall {
  readonly layer: Layer;
  /** The layer's name, preceded by the models it is nested in: "encoder/conv1". */
  readonly path: string;
  readonly outputShapes: readonly ValueShape[];
  readonly mask: Mask | undefined;
  /** The layers whose outputs the call takes, for error messages. */
  readonly after: readonly string[];
}

/** The layer and where it is, for error messages: `"conv1" of class Conv2D, after "frame",`. */
export function describeCall({ layer, path, after }: LayerCall): string {
  const place = after.length > 0 ? after.map((name) => `"${name}"`).join(', ') : 'no other layer';
  return `"${path}" of class ${layer.getClassName()}, after ${place},`;
}

/** What the walk offers to converters of wrappers: the call of a layer inside the layer of another call. */
export type ApplyInner = (
  layer: Layer,
  inputs: readonly Value[],
  outputShapes: readonly ValueShape[],
  outer: LayerCall,
) => readonly Value[];
