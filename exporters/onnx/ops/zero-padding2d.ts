import { defineConverter } from '../../../src/onnx/converter.ts';
import { type DataFormat, spatialInput } from './window.ts';

export const zeroPadding2d = defineConverter('ZeroPadding2D', (layer, [input], graph) => {
  const { padding, dataFormat } = layer.getConfig() as {
    padding: [[number, number], [number, number]];
    dataFormat: DataFormat;
  };
  const { x, layout } = spatialInput(input, dataFormat, graph);
  const [[top, bottom], [left, right]] = padding;
  // All begins, then all ends, batch and channels first.
  const pads = graph.constant([0, 0, top, left, 0, 0, bottom, right]);
  return graph.node('Pad', [x, pads], { shape: graph.outputShapes[0], layout });
});
