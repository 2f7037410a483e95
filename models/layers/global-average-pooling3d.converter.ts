import { defineConverter } from '../../src/onnx/converter.ts';

export const globalAveragePooling3dConverter = defineConverter(
  'GlobalAveragePooling3D',
  (_layer, [x], graph) => {
    const pooled = graph.node('GlobalAveragePool', [graph.channelsFirst(x)]);
    return graph.node('Flatten', [pooled], { shape: graph.outputShapes[0], layout: 'tfjs' });
  },
);
