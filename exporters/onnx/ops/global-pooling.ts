import { type Convert, defineConverter } from '../../../src/onnx/converter.ts';
import { asFloat } from './number-types.ts';

/** [N, …, C] → [N, C]. A value that lies in tfjs's order is reduced where it lies, without a transpose. */
function globalPooling(operator: 'GlobalAveragePool' | 'GlobalMaxPool', reduction: string): Convert {
  return (layer, [input], graph) => {
    const shape = graph.outputShapes[0];
    const isFirst = layer.getConfig().dataFormat === 'channelsFirst';
    const x = reduction === 'ReduceMean' ? asFloat(input, graph) : input;
    if (x.dtype === 'float32' && (x.layout === 'channels-first' || isFirst)) {
      const source = isFirst ? graph.tfjsOrder(x) : x;
      return graph.node('Flatten', [graph.node(operator, [source])], { shape, layout: 'tfjs' });
    }
    const axes = x.shape.slice(1, -1).map((_, i) => i + (isFirst ? 2 : 1));
    return graph.node(reduction, [graph.tfjsOrder(x)], { attributes: { axes, keepdims: 0 }, shape });
  };
}

const average = globalPooling('GlobalAveragePool', 'ReduceMean');
const maximum = globalPooling('GlobalMaxPool', 'ReduceMax');

export const globalAveragePooling1d = defineConverter('GlobalAveragePooling1D', average);
export const globalAveragePooling2d = defineConverter('GlobalAveragePooling2D', average);
export const globalMaxPooling1d = defineConverter('GlobalMaxPooling1D', maximum);
export const globalMaxPooling2d = defineConverter('GlobalMaxPooling2D', maximum);
