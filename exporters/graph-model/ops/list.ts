/** Lists and arrays of tensors: see control-flow/list.ts. */
import type { Value, ValueShape } from '../../../src/onnx/converter.ts';
import { commonElement, isList, type ListContent, type ListValue, listValue } from '../control-flow/list.ts';
import { type ConvertOp, defineGraphConverter, type GraphOp } from '../op.ts';
import { concatenated } from './join.ts';
import { expanded, squeezed } from './shape.ts';
import { sliced } from './slice.ts';

/** Lists made for more elements than this are sequences from the start. */
const mostItems = 256;

function listOf(value: Value | undefined, op: GraphOp): ListValue {
  if (value && isList(value)) return value;
  throw op.unsupported('no list where one is needed');
}

/** A list with other content. */
function changed(
  before: ListValue,
  element: ValueShape | undefined,
  list: ListContent,
  name = '',
): ListValue {
  return { ...listValue(before.dtype, element, list, name), size: before.size };
}

/** The shape of elements as a node gives it: a vector, −1 for what is open; undefined where even the rank is. */
function elementShape(given: Value | undefined, op: GraphOp): ValueShape | undefined {
  if (given?.shape.length !== 1) return undefined;
  const extents =
    op.elementsOf(given) ?? (given.shape[0] === null ? undefined : Array(given.shape[0]).fill(null));
  return extents?.map((extent) => (extent === null || extent < 0 ? null : extent));
}

/** The shape of elements, of which the one that is asked for may say more than the list. */
function shapeOfElements({ element }: ListValue, asked: ValueShape | undefined, op: GraphOp): ValueShape {
  const shape = element ?? asked;
  if (!shape) throw op.unsupported('elements whose rank is known only at run time');
  if (asked?.length !== shape.length) return shape;
  return shape.map((extent, axis) => extent ?? asked[axis]);
}

function known(value: Value, op: GraphOp): number | undefined {
  return op.elementsOf(value)?.[0] ?? undefined;
}

function position(index: Value, op: GraphOp): Value {
  op.requireRank(index, 0);
  return op.int64(index);
}

/** A list of so many elements that are not there yet. */
function reserved(
  dtype: Value['dtype'],
  element: ValueShape | undefined,
  size: Value,
  op: GraphOp,
): ListValue {
  const count = known(size, op);
  if (count !== undefined && count <= mostItems) {
    const items = Array<null>(Math.max(0, count)).fill(null);
    return { ...listValue(dtype, element, { kind: 'items', items }), size };
  }
  const none = op.placeholder(dtype);
  const one = op.node('Expand', [none, op.constant([1, 0])], { shape: [1, 0], dtype });
  const counts = op.node('Concat', [expanded(position(size, op), 0, op), op.constant([1])], {
    ...{ attributes: { axis: 0 }, shape: [2], dtype: 'int64' },
  });
  const rows = op.node('Tile', [one, counts], { shape: [null, 0] });
  const { name } = op.node('SplitToSequence', [rows], { attributes: { axis: 0, keepdims: 0 }, shape: [] });
  return { ...listValue(dtype, element, { kind: 'sequence' }, name), size };
}

/** An element. */
function got(list: ListValue, index: Value, asked: ValueShape | undefined, op: GraphOp): Value {
  const { list: content } = list;
  const at = known(index, op);
  if (content.kind === 'items' && at !== undefined) {
    const item = content.items[at];
    if (item) return item;
    throw op.unsupported(`element ${at}, which has not been set`);
  }
  const shape = shapeOfElements(list, asked, op);
  if (content.kind === 'stacked') {
    if (at !== undefined && at >= 0) {
      const one = sliced(content.stacked, [{ axis: 0, begin: at, end: at + 1, step: 1 }], op);
      return squeezed(one, [0], op);
    }
    op.requireRank(index, 0);
    return op.node('Gather', [op.tfjsOrder(content.stacked), index], {
      attributes: { axis: 0 },
      shape,
      layout: 'tfjs',
    });
  }
  const sequence = op.sequence(list);
  return op.node('SequenceAt', [sequence, position(index, op)], { dtype: list.dtype, shape, layout: 'tfjs' });
}

/** The list with an element in place of the one that is or is not there. */
function set(list: ListValue, index: Value, item: Value, grows: boolean, op: GraphOp): ListValue {
  const element = commonElement(isSettled(list) ? list.element : undefined, item.shape) ?? list.element;
  const at = known(index, op);
  const items = itemsOf(list, op);
  if (items && at !== undefined && at >= 0 && (at < items.length || grows)) {
    const longer = [...items, ...Array<null>(Math.max(0, at - items.length)).fill(null)];
    return changed(list, element, {
      kind: 'items',
      items: at < longer.length ? longer.with(at, item) : [...longer, item],
    });
  }
  if (grows) throw op.unsupported('a list that grows by an index known only at run time');
  const sequence = op.sequence(list);
  const place = position(index, op);
  const without = op.node('SequenceErase', [sequence, place], { dtype: list.dtype, shape: [] });
  const { name } = op.node('SequenceInsert', [without, op.tfjsOrder(item), place], {
    dtype: list.dtype,
    shape: [],
  });
  return changed(list, element, { kind: 'sequence' }, name);
}

/** Whether there is an element already, so that what is known of its shape is more than what was said of it. */
function isSettled({ list }: ListValue): boolean {
  return list.kind !== 'items' || list.items.some((item) => item !== null);
}

/** The elements one by one, where their number is known and small. */
function itemsOf({ list }: ListValue, op: GraphOp): readonly (Value | null)[] | undefined {
  if (list.kind === 'items') return list.items;
  if (list.kind === 'sequence') return undefined;
  const { stacked } = list;
  const [count] = stacked.shape;
  if (count === null || count > mostItems) return undefined;
  return Array.from({ length: count }, (_, at) =>
    squeezed(sliced(stacked, [{ axis: 0, begin: at, end: at + 1, step: 1 }], op), [0], op),
  );
}

/** All elements along a new first axis. */
function stacked(list: ListValue, asked: ValueShape | undefined, op: GraphOp): Value {
  const { list: content } = list;
  if (content.kind === 'stacked') return content.stacked;
  if (content.kind === 'items' && content.items.length > 0) {
    const missing = content.items.indexOf(null);
    if (missing >= 0) throw op.unsupported(`element ${missing}, which has not been set`);
    const rows = content.items.map((item) => expanded(item!, 0, op));
    return rows.length === 1 ? rows[0] : concatenated(rows, 0, op);
  }
  const shape = shapeOfElements(list, asked, op);
  return op.node('ConcatFromSequence', [op.sequence(list)], {
    attributes: { axis: 0, new_axis: 1 },
    ...{ dtype: list.dtype, shape: [null, ...shape], layout: 'tfjs' },
  });
}

/** All elements, end to end. */
function joined(list: ListValue, op: GraphOp): Value {
  const { list: content } = list;
  if (content.kind === 'items' && content.items.length > 0 && !content.items.includes(null)) {
    return content.items.length === 1
      ? content.items[0]!
      : concatenated(content.items as readonly Value[], 0, op);
  }
  const shape = shapeOfElements(list, undefined, op);
  if (shape.length === 0) throw op.unsupported('elements without axes');
  return op.node('ConcatFromSequence', [op.sequence(list)], {
    attributes: { axis: 0, new_axis: 0 },
    ...{ dtype: list.dtype, shape: [null, ...shape.slice(1)], layout: 'tfjs' },
  });
}

/** The rows of a tensor at given places of a list of so many. */
function scattered(x: Value, indices: Value, count: Value | undefined, op: GraphOp): ListContent {
  op.requireRank(indices, 1);
  const places = op.elementsOf(indices);
  if (places?.every((place, i) => place === i)) return { kind: 'stacked', stacked: x };
  const size = count && known(count, op);
  const isWhole = count === undefined || (size !== undefined && size < 0);
  const source = op.tfjsOrder(x);
  const extents = op.node('Shape', [source], { dtype: 'int64', shape: [x.shape.length], layout: 'tfjs' });
  const rest = op.node('Slice', [extents, op.constant([1]), op.constant([2 ** 31 - 1])], {
    shape: [x.shape.length - 1],
  });
  const rows = isWhole
    ? op.node('Slice', [extents, op.constant([0]), op.constant([1])], { shape: [1] })
    : expanded(position(count, op), 0, op);
  const shape = op.node('Concat', [rows, rest], { attributes: { axis: 0 }, shape: [x.shape.length] });
  const zero = op.cast(op.constant(Float32Array.of(0), []), x.dtype);
  const length = isWhole ? x.shape[0] : (size ?? null);
  const empty = op.node('Expand', [zero, shape], { shape: [length, ...x.shape.slice(1)], layout: 'tfjs' });
  const at = expanded(op.cast(indices, 'int64'), 1, op);
  return { kind: 'stacked', stacked: op.node('ScatterND', [empty, at, source]) };
}

/** How many elements there are. */
function length(list: ListValue, op: GraphOp): Value {
  const { list: content } = list;
  const count =
    content.kind === 'items'
      ? content.items.length
      : content.kind === 'stacked'
        ? content.stacked.shape[0]
        : null;
  if (count !== null) {
    const data = Int32Array.of(count);
    return op.literal({ dtype: 'int32', shape: [], data: () => data });
  }
  if (content.kind === 'sequence') {
    return op.cast(op.node('SequenceLength', [op.sequence(list)], { dtype: 'int64', shape: [] }), 'int32');
  }
  const first = op.node('Shape', [op.tfjsOrder((content as { stacked: Value }).stacked)], {
    ...{ attributes: { start: 0, end: 1 }, dtype: 'int64', shape: [1], layout: 'tfjs' },
  });
  return op.cast(squeezed(first, [0], op), 'int32');
}

function appended(list: ListValue, item: Value, op: GraphOp): ListValue {
  const element = commonElement(isSettled(list) ? list.element : undefined, item.shape) ?? list.element;
  const items = itemsOf(list, op);
  if (items) return changed(list, element, { kind: 'items', items: [...items, item] });
  const { name } = op.node('SequenceInsert', [op.sequence(list), op.tfjsOrder(item)], {
    dtype: list.dtype,
    shape: [],
  });
  return changed(list, element, { kind: 'sequence' }, name);
}

function resized(list: ListValue, size: Value, op: GraphOp): ListValue {
  const items = itemsOf(list, op);
  const count = known(size, op);
  if (!items || count === undefined || count > mostItems) {
    throw op.unsupported('a list that gets a new length known only at run time');
  }
  const more = Array<null>(Math.max(0, count - items.length)).fill(null);
  return changed(list, list.element, { kind: 'items', items: [...items.slice(0, count), ...more] });
}

function gathered(list: ListValue, indices: Value, asked: ValueShape | undefined, op: GraphOp): Value {
  const rows = stacked(list, asked, op);
  const places = op.elementsOf(indices);
  if (places && places.length === rows.shape[0] && places.every((place, i) => place === i)) return rows;
  return op.node('Gather', [op.tfjsOrder(rows), indices], {
    ...{ attributes: { axis: 0 }, shape: [...indices.shape, ...rows.shape.slice(1)], layout: 'tfjs' },
  });
}

const fromTensor: ConvertOp = ([x], op) => {
  if (x.shape.length === 0) throw op.unsupported('a tensor without axes');
  return listValue(x.dtype, x.shape.slice(1), { kind: 'stacked', stacked: x });
};

/** An array and what its nodes hand on to one another: of TensorFlow's two, both are the list as it was made. */
const tensorArray: ConvertOp = ([size], op) => {
  const stated = op.attributes.shape('element_shape');
  const list = reserved(op.attributes.type('dtype'), stated, size, op);
  return [list, list];
};

const lists: Readonly<Record<string, [number, ConvertOp]>> = {
  TensorListReserve: [
    2,
    ([shape, size], op) => reserved(op.attributes.type('element_dtype'), elementShape(shape, op), size, op),
  ],
  EmptyTensorList: [
    2,
    ([shape], op) =>
      listValue(op.attributes.type('element_dtype'), elementShape(shape, op), { kind: 'items', items: [] }),
  ],
  TensorListFromTensor: [2, fromTensor],
  TensorListGetItem: [
    3,
    ([list, index, shape], op) => got(listOf(list, op), index, elementShape(shape, op), op),
  ],
  TensorListSetItem: [
    3,
    ([list, index, item], op) =>
      set(listOf(list, op), index, item, op.attributes.flag('resize_if_index_out_of_bounds', false), op),
  ],
  TensorListStack: [2, ([list, shape], op) => stacked(listOf(list, op), elementShape(shape, op), op)],
  TensorListGather: [
    3,
    ([list, indices, shape], op) => gathered(listOf(list, op), indices, elementShape(shape, op), op),
  ],
  TensorListScatter: [
    3,
    ([x, indices], op) => listValue(x.dtype, x.shape.slice(1), scattered(x, indices, undefined, op)),
  ],
  TensorListScatterV2: [
    4,
    ([x, indices, , count], op) => listValue(x.dtype, x.shape.slice(1), scattered(x, indices, count, op)),
  ],
  TensorListConcat: [1, ([list], op) => joined(listOf(list, op), op)],
  TensorListConcatV2: [1, ([list], op) => joined(listOf(list, op), op)],
  TensorListPushBack: [2, ([list, item], op) => appended(listOf(list, op), item, op)],
  TensorListResize: [2, ([list, size], op) => resized(listOf(list, op), size, op)],
  TensorListLength: [1, ([list], op) => length(listOf(list, op), op)],
  TensorArrayV3: [1, tensorArray],
  TensorArrayWriteV3: [
    4,
    ([, index, item, flow], op) =>
      set(listOf(flow, op), index, item, op.attributes.flag('dynamic_size', false), op),
  ],
  TensorArrayReadV3: [3, ([, index, flow], op) => got(listOf(flow, op), index, undefined, op)],
  TensorArrayGatherV3: [3, ([, indices, flow], op) => gathered(listOf(flow, op), indices, undefined, op)],
  TensorArrayScatterV3: [
    4,
    ([handle, indices, x], op) => {
      const array = listOf(handle, op);
      return changed(array, x.shape.slice(1), scattered(x, indices, array.size, op));
    },
  ],
  TensorArraySizeV3: [2, ([, flow], op) => length(listOf(flow, op), op)],
};

export const listOperators = Object.entries(lists).map(([operator, [arity, convert]]) =>
  defineGraphConverter(operator, arity, convert),
);
