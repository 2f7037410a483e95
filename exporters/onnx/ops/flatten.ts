import { defineConverter, type Value } from '../../../src/onnx/converter.ts';

/** [N, …] → [N, F], elements in tfjs's order: channels vary fastest, whichever data format the input has. */
export const flatten = defineConverter('Flatten', (layer, [x], graph) => {
  const shape = graph.outputShapes[0];
  const rank = x.shape.length;
  let source: Value;
  if (layer.getConfig().dataFormat === 'channelsFirst' && rank > 2) {
    const perm = [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1];
    source = graph.node('Transpose', [graph.tfjsOrder(x)], { attributes: { perm } });
  } else {
    source = graph.rowMajor(x);
  }
  return graph.node('Flatten', [source], { shape });
});
