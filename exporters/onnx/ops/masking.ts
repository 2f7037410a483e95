import { defineConverter } from '../../../src/onnx/converter.ts';
import { maskedSteps } from '../masks.ts';
import { asFloat, asInteger } from './number-types.ts';

/** Steps that are nothing but the mask value become zeros; later layers get their mask from masks.ts. */
export const masking = defineConverter('Masking', (layer, [input], graph) => {
  const x = graph.tfjsOrder(input);
  const steps = maskedSteps(x, layer, graph);
  const numbers = x.dtype === 'float32' ? asFloat(steps, graph) : asInteger(steps, graph);
  const perStep = graph.node('Unsqueeze', [numbers, graph.constant([-1])], { shape: [...steps.shape, 1] });
  return graph.node('Mul', [x, perStep]);
});
