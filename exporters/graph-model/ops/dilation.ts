import type { Value } from '../../../src/onnx/converter.ts';
import { type ConvertOp, defineGraphConverter } from '../op.ts';
import { broadcastNode } from './arithmetic.ts';
import { padded } from './padding.ts';
import { squeezed } from './shape.ts';
import { sliced } from './slice.ts';

/** Larger ones would make a graph of a node for each position. */
const mostPositions = 64;

/** Greyscale dilation: the greatest sum of a window's values and the filter's, channel by channel. */
const dilation2d: ConvertOp = ([given, filter], op) => {
  op.requireRank(given, 4);
  op.requireRank(filter, 3);
  const x = op.tfjsOrder(given);
  const strides = op.attributes.integers('strides').slice(1, 3);
  const rates = op.attributes.integers('rates').slice(1, 3);
  const padding = op.attributes.text('padding');
  const extents = x.shape.slice(1, 3);
  const kernel = filter.shape.slice(0, 2);
  const isKnown = [...extents, ...kernel].every((extent) => extent !== null && extent > 0);
  const steps = [...strides, ...rates];
  const isSane =
    strides.length === 2 && rates.length === 2 && steps.every((step) => step > 0 && step < 2 ** 16);
  const [rows, columns] = kernel as number[];
  if (!isKnown || !isSane || rows * columns > mostPositions || !['SAME', 'VALID'].includes(padding)) {
    throw op.unsupported(
      `a filter of [${kernel.map((extent) => extent ?? '?')}] on [${extents.map((e) => e ?? '?')}]`,
    );
  }
  const axes = (extents as number[]).map((extent, axis) => {
    const reach = (kernel[axis]! - 1) * rates[axis] + 1;
    const steps =
      padding === 'SAME'
        ? Math.ceil(extent / strides[axis])
        : Math.floor((extent - reach) / strides[axis]) + 1;
    const missing = padding === 'SAME' ? Math.max((steps - 1) * strides[axis] + reach - extent, 0) : 0;
    return { steps, before: Math.floor(missing / 2), after: Math.ceil(missing / 2) };
  });
  if (axes.some(({ steps }) => steps < 1)) throw op.unsupported(`a filter of [${kernel}] on [${extents}]`);
  const around = [0, 0, ...axes.flatMap(({ before, after }) => [before, after]), 0, 0];
  const least = op.constant(Float32Array.of(-3.4028234663852886e38), []);
  const whole = op.tfjsOrder(padded(x, around, op, { fill: least }));
  const sums: Value[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const window = [row, column].map((at, axis) => {
        const begin = at * rates[axis];
        const step = strides[axis];
        return { axis: axis + 1, begin, end: begin + (axes[axis].steps - 1) * step + 1, step };
      });
      const cell = [row, column].map((at, axis) => ({ axis, begin: at, end: at + 1, step: 1 }));
      const weights = squeezed(sliced(filter, cell, op), [0, 1], op);
      sums.push(broadcastNode('Add', [sliced(whole, window, op), weights], op));
    }
  }
  return sums.length === 1 ? sums[0] : broadcastNode('Max', sums, op);
};

export const dilation = defineGraphConverter('Dilation2D', 2, dilation2d);
