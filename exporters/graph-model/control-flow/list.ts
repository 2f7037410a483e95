/** TensorFlow's lists and arrays of tensors, as far as possible worked out while exporting. */
import type { Value, ValueShape, ValueType } from '../../../src/onnx/converter.ts';
import { storageOf } from '../../../src/onnx/element-type.ts';
import type { GraphPort } from '../../../src/onnx/graph.ts';
import { Message } from '../../../src/onnx/proto.ts';
import type { ModelBuilder } from '../../onnx/builder.ts';

/**
 * A list as a value: `dtype` is that of its elements, `shape` says nothing. Where it is a sequence of ONNX, `name` is
 * the sequence's.
 */
export interface ListValue extends Value {
  readonly list: ListContent;
  /** Of each element; undefined where nothing is known yet. */
  readonly element: ValueShape | undefined;
  /** How many elements a TensorArray was made for. */
  readonly size?: Value;
}

export type ListContent =
  /** Elements known one by one; null where there is none yet. */
  | { readonly kind: 'items'; readonly items: readonly (Value | null)[] }
  /** The elements along a tensor's first axis. */
  | { readonly kind: 'stacked'; readonly stacked: Value }
  | { readonly kind: 'sequence' };

export function isList(value: Value): value is ListValue {
  return 'list' in value;
}

/** A list of elements of a type. */
export function listValue(
  dtype: ValueType,
  element: ValueShape | undefined,
  list: ListContent,
  name = '',
): ListValue {
  return { name, dtype, shape: [], layout: 'tfjs', list, element };
}

/** What two possible shapes have in common; undefined where they are of different rank. */
export function commonShape(a: ValueShape, b: ValueShape): ValueShape | undefined {
  if (a.length !== b.length) return undefined;
  return a.map((extent, axis) => (extent === b[axis] ? extent : null));
}

/** What is known of elements that are of either kind. */
export function commonElement(a: ValueShape | undefined, b: ValueShape | undefined): ValueShape | undefined {
  return a && b ? (commonShape(a, b) ?? undefined) : (a ?? b);
}

/** The list as a sequence of ONNX, which loops and branches can hand on. */
export function asSequence(value: ListValue, builder: ModelBuilder, path: string): ListValue {
  const { list, dtype, element } = value;
  if (list.kind === 'sequence') return value;
  const sequence = (operator: string, inputs: readonly Value[], attributes = {}) => {
    const { name } = builder.node(path, operator, inputs.length > 0 ? inputs : [null], {
      ...{ attributes, dtype, shape: [], layout: 'tfjs' },
    });
    return { ...listValue(dtype, element, { kind: 'sequence' }, name), size: value.size };
  };
  if (list.kind === 'stacked') {
    return sequence('SplitToSequence', [list.stacked], { axis: 0, keepdims: 0 });
  }
  if (list.items.length === 0) return sequence('SequenceEmpty', [], { dtype: storageOf(dtype).code });
  const items = list.items.map((item) =>
    item ? builder.relayout(item, 'tfjs', path) : placeholder(dtype, builder),
  );
  return sequence('SequenceConstruct', items);
}

/** What stands where a list has no element yet: a tensor without elements. */
export function placeholder(dtype: ValueType, builder: ModelBuilder): Value {
  const arrays = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;
  const data = new arrays[dtype as keyof typeof arrays](0);
  return builder.initializer('no_element', { dtype, shape: [0], learnt: false, data: () => data });
}

/** How a graph inside a node declares a value: extents that are open are called by the value's own name. */
export function portOf(value: Value): GraphPort {
  const { name, dtype, shape } = value;
  if (!isList(value)) {
    return { name, dtype, shape: shape.map((extent, axis) => extent ?? `${name}_${axis}`) };
  }
  // TypeProto: a sequence of tensors of one type.
  const tensorType = new Message().integer(1, storageOf(dtype).code);
  const elementType = new Message().message(1, tensorType);
  const type = new Message().message(4, new Message().message(1, elementType));
  return { name, dtype: null, shape: null, extra: new Message().message(2, type).whole() };
}
