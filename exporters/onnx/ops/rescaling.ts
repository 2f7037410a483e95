import { defineConverter } from '../../../src/onnx/converter.ts';
import { asFloat } from './number-types.ts';

/** x · scale + offset. */
export const rescaling = defineConverter('Rescaling', (layer, [x], graph) => {
  const { scale, offset } = layer.getConfig();
  if (typeof scale !== 'number' || typeof offset !== 'number') {
    throw graph.unsupported(
      `scale ${JSON.stringify(scale)} and offset ${JSON.stringify(offset)}, which must be numbers`,
    );
  }
  const scaled = graph.node('Mul', [asFloat(x, graph), graph.constant(Float32Array.of(scale), [])]);
  return offset === 0 ? scaled : graph.node('Add', [scaled, graph.constant(Float32Array.of(offset), [])]);
});
