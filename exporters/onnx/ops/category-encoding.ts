import { defineConverter } from '../../../src/onnx/converter.ts';

/** Token numbers [N, L] as counts or presences [N, numTokens]. Numbers out of range, which tfjs refuses, count as none. */
export const categoryEncoding = defineConverter('CategoryEncoding', (layer, [input], graph) => {
  const { numTokens, outputMode } = layer.getConfig() as {
    numTokens: number;
    outputMode: 'multiHot' | 'oneHot' | 'count' | 'tfIdf' | 'int';
  };
  const x = graph.tfjsOrder(input);
  if (outputMode === 'int') {
    return graph.node('Cast', [x], { attributes: { to: 6 }, dtype: 'int32' });
  }
  if (outputMode === 'tfIdf') throw graph.unsupported('outputMode tfIdf, which tfjs cannot give weights');
  const [batch, length] = x.shape;
  if (x.shape.length !== 2 || (outputMode === 'oneHot' && length !== 1)) {
    throw graph.unsupported(
      `outputMode ${outputMode} of an input of shape [${x.shape.map((e) => e ?? 'any')}]`,
    );
  }
  const tokens = graph.node('Cast', [x], { attributes: { to: 7 }, dtype: 'int64' });
  const encoded = graph.node(
    'OneHot',
    [tokens, graph.constant([numTokens], []), graph.constant(Float32Array.of(0, 1))],
    { dtype: 'float32', shape: [batch, length, numTokens] },
  );
  const shape = [batch, numTokens];
  if (outputMode === 'count') {
    return graph.node('ReduceSum', [encoded, graph.constant([1])], { attributes: { keepdims: 0 }, shape });
  }
  return graph.node('ReduceMax', [encoded], { attributes: { axes: [1], keepdims: 0 }, shape });
});
