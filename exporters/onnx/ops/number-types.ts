import type { NodeBuilder, Value } from '../../../src/onnx/converter.ts';

/** The value as float32: tfjs takes whole numbers where ONNX's operators do not. */
export function asFloat(x: Value, graph: NodeBuilder): Value {
  return x.dtype === 'float32' ? x : graph.node('Cast', [x], { attributes: { to: 1 }, dtype: 'float32' });
}

/** The value as int32; fractions are cut off. */
export function asInteger(x: Value, graph: NodeBuilder): Value {
  return x.dtype === 'int32' ? x : graph.node('Cast', [x], { attributes: { to: 6 }, dtype: 'int32' });
}

/** Values of one type: that of all, or float32. */
export function ofOneType(values: readonly Value[], graph: NodeBuilder): readonly Value[] {
  return values.every(({ dtype }) => dtype === values[0].dtype)
    ? values
    : values.map((value) => asFloat(value, graph));
}

/** @throws UserError for whole numbers, as which tfjs stores what it computes of them, fractions cut off */
export function refuseIntegers({ dtype }: Value, graph: NodeBuilder): void {
  if (dtype !== 'float32') {
    throw graph.unsupported(`an input of type ${dtype}, by which tfjs cuts off fractions of the result`);
  }
}
