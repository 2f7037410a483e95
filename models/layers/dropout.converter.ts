import { defineConverter } from '../../src/onnx/converter.ts';

/** It does something only while training. */
export const seededDropoutConverter = defineConverter('SeededDropout', (_layer, [x], graph) =>
  graph.node('Identity', [x]),
);
