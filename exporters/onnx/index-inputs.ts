import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { Layer } from '../../src/onnx/converter.ts';

/** Layers that take indices, and what their configuration calls the number of them. */
const takers: Readonly<Record<string, string>> = { Embedding: 'inputDim', CategoryEncoding: 'numTokens' };

/**
 * How many values an input of indices can have: as many as the smallest of the layers that look something up with it.
 *
 * @returns undefined for an input of numbers
 */
export function indicesOf(input: SymbolicTensor): number | undefined {
  return smallest(consumers(input.sourceLayer).map(indicesTaken));
}

function consumers(layer: Layer): Layer[] {
  return layer.outboundNodes.map(({ outboundLayer }) => outboundLayer);
}

function indicesTaken(layer: Layer): number | undefined {
  const { [takers[layer.getClassName()]]: count } = layer.getConfig();
  if (typeof count === 'number') return count;
  const { layers } = layer as LayersModel;
  if (layers) return smallest(layers.map(indicesTaken));
  const { layer: wrapped } = layer as Layer & { readonly layer?: Layer };
  return wrapped && indicesTaken(wrapped);
}

function smallest(counts: readonly (number | undefined)[]): number | undefined {
  const known = counts.filter((count) => count !== undefined);
  return known.length > 0 ? Math.min(...known) : undefined;
}
