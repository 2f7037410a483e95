import { defineConverter } from '../../../src/core/converter.ts';

/** x · scale + offset. */
export const rescaling = defineConverter('Rescaling', (layer, [x], graph) => {
  const { scale, offset } = layer.getConfig();
  if (typeof scale !== 'number' || typeof offset !== 'number') {
    throw graph.unsupported(
      `scale ${JSON.stringify(scale)} and offset ${JSON.stringify(offset)}, which must be numbers`,
    );
  }
  const numbers =
    x.dtype === 'float32' ? x : graph.node('Cast', [x], { attributes: { to: 1 }, dtype: 'float32' });
  const scaled = graph.node('Mul', [numbers, graph.constant(Float32Array.of(scale), [])]);
  return offset === 0 ? scaled : graph.node('Add', [scaled, graph.constant(Float32Array.of(offset), [])]);
});
