import type { Value } from '../../../src/onnx/converter.ts';
import { type ConvertOp, defineGraphConverter, type GraphOp } from '../op.ts';
import { broadcastNode } from './arithmetic.ts';
import { expanded } from './shape.ts';

/** Rounding takes a box that reaches to an image's edge no further outside than this, in pixels. */
const tolerance = 1e-4;

/**
 * Boxes [boxes, 4] of images [N, H, W, C], resized to one size: [boxes, height, width, C]. Corners are given as
 * (y1, x1, y2, x2), fractions of the distance between the first and the last row or column; what lies outside the
 * image has one given value. ONNX's RoiAlign takes other positions, and its GridSample an image for each box: here all
 * positions are gathered from the images as they are.
 */
const cropAndResize: ConvertOp = ([image, boxes, numbers, size], op) => {
  op.requireRank(image, 4);
  op.requireRank(boxes, 2);
  op.requireRank(numbers, 1);
  const [height, width] = op.integers(size, 'a size');
  if (!(height > 0 && width > 0 && height * width < 2 ** 24))
    throw op.unsupported(`crops of [${height}, ${width}]`);
  const method = op.attributes.text('method', 'bilinear');
  if (method !== 'bilinear' && method !== 'nearest') throw op.unsupported(`the method ${method}`);
  const channels = image.shape[3];
  if (channels === null) throw op.unsupported('an unknown number of channels');
  const pixels = op.node('Reshape', [op.rowMajor(op.cast(image, 'float32')), op.constant([-1, channels])], {
    ...{ shape: [null, channels], layout: 'tfjs' },
  });
  const node = (operator: string, inputs: readonly Value[], dtype?: Value['dtype']) =>
    broadcastNode(operator, inputs, op, dtype);
  const [rows, columns] = [0, 1].map((axis) => extentOf(image, axis + 1, op));
  const vertical = positions(boxes, 0, rows, height, op);
  const horizontal = positions(boxes, 1, columns, width, op);
  const first = node('Mul', [expanded(op.cast(numbers, 'int64'), 1, op), rows]);
  /** What lies in rows [boxes, height] and columns [boxes, width]. */
  const pixelsAt = (y: Value, x: Value) => {
    const row = node('Mul', [node('Add', [op.cast(y, 'int64'), first]), columns]);
    const place = node('Add', [expanded(row, 2, op), expanded(op.cast(x, 'int64'), 1, op)]);
    return op.node('Gather', [pixels, place], {
      attributes: { axis: 0 },
      ...{ shape: [...place.shape, channels], layout: 'tfjs' },
    });
  };
  /** A value for each row, or for each column, of crops with channels. */
  const forRows = (value: Value) => expanded(expanded(value, 2, op), 3, op);
  const forColumns = (value: Value) => expanded(expanded(value, 1, op), 3, op);
  const between = (a: Value, b: Value, part: Value) =>
    node('Add', [a, node('Mul', [node('Sub', [b, a]), part])]);
  const nearest = (at: Value) => op.node('Floor', [node('Add', [at, op.constant(Float32Array.of(0.5), [])])]);
  let crops: Value;
  if (method === 'nearest') crops = pixelsAt(nearest(vertical.at), nearest(horizontal.at));
  else {
    const [top, bottom] = ['Floor', 'Ceil'].map((rounding) => op.node(rounding, [vertical.at]));
    const [left, right] = ['Floor', 'Ceil'].map((rounding) => op.node(rounding, [horizontal.at]));
    const across = forColumns(node('Sub', [horizontal.at, left]));
    const line = (y: Value) => between(pixelsAt(y, left), pixelsAt(y, right), across);
    crops = between(line(top), line(bottom), forRows(node('Sub', [vertical.at, top])));
  }
  const isInside = node('And', [forRows(vertical.isInside), forColumns(horizontal.isInside)], 'bool');
  const outside = op.constant(Float32Array.of(op.attributes.number('extrapolation_value', 0)), []);
  return node('Where', [isInside, crops, outside]);
};

/** How far an axis reaches, int64. */
function extentOf(image: Value, axis: number, op: GraphOp): Value {
  const extent = image.shape[axis];
  if (extent !== null) return op.constant([extent], []);
  const whole = op.node('Shape', [op.tfjsOrder(image)], {
    attributes: { start: axis, end: axis + 1 },
    ...{ dtype: 'int64', shape: [1], layout: 'tfjs' },
  });
  return op.node('Reshape', [whole, op.constant([], [0])], { shape: [] });
}

/** Where boxes have their rows or columns [boxes, count], in pixels, brought into the image, and whether they are in it. */
function positions(boxes: Value, axis: number, extent: Value, count: number, op: GraphOp) {
  const node = (operator: string, inputs: readonly Value[], dtype?: Value['dtype']) =>
    broadcastNode(operator, inputs, op, dtype);
  const number = (value: number) => op.constant(Float32Array.of(value), []);
  const [begin, end] = [axis, axis + 2].map((i) =>
    op.node('Gather', [op.tfjsOrder(boxes), op.constant([i])], {
      attributes: { axis: 1 },
      ...{ shape: [boxes.shape[0], 1], layout: 'tfjs' },
    }),
  );
  const last = op.cast(op.node('Sub', [extent, op.constant([1], [])]), 'float32');
  let at: Value;
  if (count === 1) at = node('Mul', [node('Mul', [node('Add', [begin, end]), number(0.5)]), last]);
  else {
    const step = node('Div', [node('Mul', [node('Sub', [end, begin]), last]), number(count - 1)]);
    const steps = op.constant(Float32Array.from({ length: count }, (_, i) => i));
    at = node('Add', [node('Mul', [begin, last]), node('Mul', [steps, step])]);
  }
  const isInside = node(
    'And',
    [
      node('GreaterOrEqual', [at, number(-tolerance)], 'bool'),
      node('LessOrEqual', [at, node('Add', [last, number(tolerance)])], 'bool'),
    ],
    'bool',
  );
  return { isInside, at: node('Min', [node('Max', [at, number(0)]), last]) };
}

export const crop = defineGraphConverter('CropAndResize', 4, cropAndResize);
