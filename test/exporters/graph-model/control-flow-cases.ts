import { type Tensor, tensor } from '../../../src/core/tensor.ts';
import { randomTensor } from '../onnx/parity.ts';
import { GraphDef, type } from './graph-def.ts';

/** A graph with branches or loops, and inputs that take other ways through it. */
export interface ControlFlowCase {
  readonly name: string;
  /** One list of inputs a run. */
  readonly runs: readonly (readonly Tensor[])[];
  /** Gives the results, from the placeholders. */
  readonly build: (graph: GraphDef, ...inputs: string[]) => readonly string[];
  /** Axes of inputs of which the graph does not know how long they are. Default: none. */
  readonly open?: readonly number[];
  /** Operators that there must be in ONNX; those of control flow that are not here must not be. */
  readonly operators: readonly string[];
}

const integer = (value: number): Tensor => ({ dtype: 'int32', shape: [], data: Int32Array.of(value) });
const rows = (count: number, columns = 3) => randomTensor([count, columns], `rows/${count}/${columns}`);

type Step = (graph: GraphDef, ...states: string[]) => readonly string[];

/** A loop of TensorFlow's first kind, of Enter, Merge, Switch, NextIteration and Exit. */
export function frame(
  g: GraphDef,
  initial: readonly string[],
  condition: (graph: GraphDef, ...states: string[]) => string,
  step: Step,
): string[] {
  const name = `frame${g.frames++}`;
  const merges = initial.map((value, i) => {
    const enter = g.op('Enter', [value], { frame_name: name, is_constant: false });
    return g.op('Merge', [enter, `${name}/next${i}`]);
  });
  const decided = g.op('LoopCond', [condition(g, ...merges)]);
  const switches = merges.map((merge) => g.op('Switch', [merge, decided]));
  const after = step(g, ...switches.map((one) => g.op('Identity', [`${one}:1`])));
  for (const [i, value] of after.entries()) g.named(`${name}/next${i}`, 'NextIteration', [value]);
  return switches.map((one) => g.op('Exit', [one]));
}

/** A value that a frame sees and does not change. */
export const constant = (g: GraphDef, value: string) =>
  g.op('Enter', [value], { frame_name: `frame${g.frames}`, is_constant: true });

/** A branch of TensorFlow's first kind: values behind switches, joined again. */
export function cond(
  g: GraphDef,
  predicate: string,
  values: readonly string[],
  then: Step,
  other: Step,
): string[] {
  const switches = values.map((value) => g.op('Switch', [value, predicate]));
  const yes = then(g, ...switches.map((one) => g.op('Identity', [`${one}:1`])));
  const no = other(g, ...switches.map((one) => g.op('Identity', [`${one}:0`])));
  return yes.map((value, i) => g.op('Merge', [no[i], value]));
}

export const increased = (g: GraphDef, i: string) => g.op('AddV2', [i, g.ints(1)]);
export const less = (g: GraphDef, a: string, b: string) => g.op('Less', [a, b]);
const float = type('float32');
export const isPositive = (g: GraphDef, x: string) =>
  g.op('Greater', [g.op('Sum', [x, g.ints([0, 1])]), g.float(0)]);
const signs = [1, -1].map((sign) => [
  tensor(
    Float32Array.from(rows(2).data as Float32Array, (value) => sign * (Math.abs(value) + 0.1)),
    [2, 3],
  ),
]);

const reserve = (g: GraphDef, shape: readonly number[], count: string) =>
  g.op('TensorListReserve', [g.ints(shape), count], { element_dtype: float, shape_type: type('int32') });
const fromTensor = (g: GraphDef, x: string, shape: readonly number[]) =>
  g.op('TensorListFromTensor', [x, g.ints(shape)], { element_dtype: float, shape_type: type('int32') });
const getItem = (g: GraphDef, list: string, i: string, shape: readonly number[]) =>
  g.op('TensorListGetItem', [list, i, g.ints(shape)], { element_dtype: float });
const setItem = (g: GraphDef, list: string, i: string, x: string) =>
  g.op('TensorListSetItem', [list, i, x], { element_dtype: float });
const stack = (g: GraphDef, list: string, shape: readonly number[]) =>
  g.op('TensorListStack', [list, g.ints(shape)], { element_dtype: float, num_elements: -1 });
const extent = (g: GraphDef, x: string) =>
  g.op('StridedSlice', [g.op('Shape', [x]), g.ints([0]), g.ints([1]), g.ints([1])], { shrink_axis_mask: 1 });

export const controlFlowCases: readonly ControlFlowCase[] = [
  {
    name: 'a loop of as many rounds as an input says',
    runs: [0, 1, 2, 7].map((count) => [rows(2), integer(count)]),
    operators: ['Loop'],
    build: (g, x, count) => {
      const limit = constant(g, count);
      const scale = constant(g, g.random([3]));
      return frame(
        g,
        [g.ints(0), x],
        (_, i) => less(g, i, limit),
        (_, i, y) => [increased(g, i), g.op('AddV2', [g.op('Mul', [y, scale]), g.float(1)])],
      );
    },
  },
  {
    name: 'a loop of a known number of rounds',
    runs: [[rows(2)]],
    operators: [],
    build: (g, x) =>
      frame(
        g,
        [g.ints(0), x],
        (_, i) => less(g, i, g.ints(3)),
        (_, i, y) => [increased(g, i), g.op('Mul', [y, g.float(0.5)])],
      ),
  },
  {
    name: 'a loop of more rounds than are written one by one',
    runs: [[rows(2)]],
    operators: ['Loop'],
    build: (g, x) =>
      frame(
        g,
        [g.ints(0), x],
        (_, i) => less(g, i, g.ints(100)),
        (_, i, y) => [increased(g, i), g.op('Mul', [y, g.float(0.99)])],
      ),
  },
  {
    name: 'a loop in a loop',
    runs: [0, 1, 3].map((count) => [rows(2), integer(count)]),
    operators: ['Loop'],
    build: (g, x, count) =>
      frame(
        g,
        [g.ints(0), x, count],
        (_, i, _y, n) => less(g, i, n),
        (_, i, y, n) => {
          const [, inner] = frame(
            g,
            // What an inner loop begins with must come from the outer one: that is where tfjs begins it.
            [g.op('Sub', [i, i]), y, g.op('Identity', [i])],
            (_g, j, _z, end) => less(g, j, end),
            (_g, j, z, end) => [increased(g, j), g.op('AddV2', [z, g.float(0.25)]), end],
          );
          return [increased(g, i), g.op('Mul', [inner, g.float(0.5)]), n];
        },
      ).slice(0, 2),
  },
  {
    name: 'a loop whose value grows',
    runs: [0, 1, 4].map((count) => [rows(2), integer(count)]),
    operators: ['Loop'],
    build: (g, x, count) => {
      const limit = constant(g, count);
      const whole = constant(g, x);
      const [, grown] = frame(
        g,
        [g.ints(0), x],
        (_, i) => less(g, i, limit),
        (_, i, y) => [increased(g, i), g.op('ConcatV2', [y, whole, g.ints(0)])],
      );
      return [grown, g.op('Sum', [grown, g.ints(0)])];
    },
  },
  {
    name: 'a loop over convolutions',
    runs: [1, 3].map((count) => [randomTensor([2, 5, 6, 4], 'image'), integer(count)]),
    operators: ['Loop'],
    build: (g, x, count) => {
      const limit = constant(g, count);
      const [, y] = frame(
        g,
        [g.ints(0), g.mixed(x, 4, 4)],
        (_, i) => less(g, i, limit),
        (_, i, z) => [increased(g, i), g.op('Relu', [g.mixed(z, 4, 4)])],
      );
      return [g.mixed(y, 4, 4)];
    },
  },
  {
    name: 'branches, joined again',
    runs: signs,
    operators: ['If'],
    build: (g, x) => {
      const [a, b] = cond(
        g,
        isPositive(g, x),
        [x],
        (_, y) => [g.op('Mul', [y, g.float(2)]), g.op('Sum', [y, g.ints(0)])],
        (_, y) => [g.op('Neg', [y]), g.op('Max', [y, g.ints(0)])],
      );
      return [g.op('AddV2', [a, g.float(1)]), b];
    },
  },
  {
    name: 'a literal that there is in one branch',
    runs: signs,
    operators: ['If'],
    build: (g, x) => {
      const decided = isPositive(g, x);
      const side = g.op('Switch', [decided, decided]);
      const pivot = g.op('Identity', [side]);
      const value = g.op('Switch', [x, decided]);
      const literal = g.op('Fill', [g.ints([2, 3]), g.float(7), `^${pivot}`]);
      return [g.op('Merge', [literal, g.op('Exp', [`${value}:1`])])];
    },
  },
  {
    name: 'branches in branches, and after others of the same condition',
    runs: [...signs, [rows(2)]],
    operators: ['If'],
    build: (g, x) => {
      const decided = isPositive(g, x);
      const large = g.op('Greater', [g.op('Max', [x, g.ints([0, 1])]), g.float(0.8)]);
      const [first] = cond(
        g,
        decided,
        [x],
        (_, y) =>
          cond(
            g,
            g.op('Identity', [`${g.op('Switch', [large, decided])}:1`]),
            [y],
            (_g, z) => [g.op('Mul', [z, g.float(3)])],
            (_g, z) => [g.op('Square', [z])],
          ),
        (_, y) => [g.op('Abs', [y])],
      );
      return cond(
        g,
        decided,
        [first],
        (_, y) => [g.op('AddV2', [y, g.float(1)])],
        (_, y) => [g.op('AddV2', [y, g.float(2)])],
      );
    },
  },
  {
    name: 'a branch that is known beforehand',
    runs: [[rows(2)]],
    operators: [],
    build: (g, x) =>
      cond(
        g,
        g.op('Greater', [g.op('Size', [g.random([4])]), g.ints(3)]),
        [x],
        (_, y) => [g.op('Exp', [y])],
        (_, y) => [g.op('Neg', [y])],
      ),
  },
  {
    name: 'a loop in a branch, and a branch in a loop',
    runs: signs.map(([x]) => [x, integer(3)]),
    operators: ['If', 'Loop'],
    build: (g, x, count) => {
      const [joined] = cond(
        g,
        isPositive(g, x),
        [x, count],
        (_, y, n) =>
          frame(
            g,
            [g.ints(0), y, n],
            (_g, i, _z, end) => less(g, i, end),
            (_g, i, z, end) => [increased(g, i), g.op('Mul', [z, g.float(0.5)]), end],
          ).slice(1, 2),
        (_, y) => [y],
      );
      const limit = constant(g, count);
      const [, looped] = frame(
        g,
        [g.ints(0), joined],
        (_, i) => less(g, i, limit),
        (_, i, y) => [
          increased(g, i),
          ...cond(
            g,
            g.op('Equal', [i, g.ints(1)]),
            [y],
            (_g, z) => [g.op('Neg', [z])],
            (_g, z) => [g.op('AddV2', [z, g.float(1)])],
          ),
        ],
      );
      return [looped];
    },
  },
  {
    name: 'a function in a loop, and one in a branch of that',
    runs: [0, 1, 4].map((count) => [rows(2), integer(count)]),
    operators: ['If', 'Loop'],
    build: (g, x, count) => {
      const then_branch = g.function('then', { y: 'float32' }, (h, y) => [
        `${h.op('Mul', [y, h.float(2)])}:z:0`,
      ]);
      const else_branch = g.function('else', { y: 'float32' }, (h, y) => [
        `${h.op('AddV2', [y, h.float(1)])}:z:0`,
      ]);
      const states = { i: 'int32', n: 'int32', y: 'float32' } as const;
      const condition = g.function('condition', states, (h, i, n) => [`${h.op('Less', [i, n])}:z:0`]);
      const body = g.function('body', states, (h, i, n, y) => {
        const odd = h.op('Equal', [`${h.op('FloorMod', [i, h.ints(2)])}:z:0`, h.ints(1)]);
        const one = h.op('StatelessIf', [`${odd}:z:0`, y], { then_branch, else_branch });
        return [`${increased(h, i)}:z:0`, `${h.op('Identity', [n])}:output:0`, `${one}:output:0`];
      });
      const loop = g.op('StatelessWhile', [g.ints(0), count, x], { cond: condition, body });
      return [loop, `${loop}:2`];
    },
  },
  {
    name: 'a list that a loop of open length makes, row by row',
    open: [0],
    runs: [1, 2, 5].map((count) => [rows(count)]),
    operators: ['Loop'],
    build: (g, x) => {
      const count = extent(g, x);
      const limit = constant(g, count);
      const items = constant(g, fromTensor(g, x, [3]));
      const [, list] = frame(
        g,
        [g.ints(0), reserve(g, [3], count)],
        (_, i) => less(g, i, limit),
        (_, i, made) => {
          const row = getItem(g, items, i, [3]);
          return [increased(g, i), setItem(g, made, i, g.op('Mul', [row, g.float(2)]))];
        },
      );
      const whole = stack(g, list, [3]);
      const last = getItem(g, list, g.op('Sub', [count, g.ints(1)]), [3]);
      return [whole, g.op('AddV2', [last, g.float(1)]), g.op('TensorListLength', [list])];
    },
  },
  {
    name: 'a list that a loop of known length makes',
    runs: [[rows(4)]],
    operators: [],
    build: (g, x) => {
      const items = constant(g, fromTensor(g, x, [3]));
      const [, list] = frame(
        g,
        [g.ints(0), reserve(g, [-1], g.ints(4))],
        (_, i) => less(g, i, g.ints(4)),
        (_, i, made) => [increased(g, i), setItem(g, made, i, g.op('Neg', [getItem(g, items, i, [3])]))],
      );
      return [
        stack(g, list, [3]),
        g.op('TensorListGather', [list, g.ints([2, 0]), g.ints([3])], { element_dtype: float }),
      ];
    },
  },
  {
    name: 'a list that grows',
    runs: [1, 3].map((count) => [rows(2), integer(count)]),
    operators: ['Loop'],
    build: (g, x, count) => {
      const limit = constant(g, count);
      const empty = g.op('EmptyTensorList', [g.ints([-1, 3]), g.ints(-1)], { element_dtype: float });
      const pushed = g.op('TensorListPushBack', [empty, x], { element_dtype: float });
      const [, list] = frame(
        g,
        [g.ints(0), pushed],
        (_, i) => less(g, i, limit),
        (_, i, made) => {
          const row = g.op('AddV2', [g.random([2, 3]), g.op('Cast', [i], { DstT: float })]);
          return [increased(g, i), g.op('TensorListPushBack', [made, row], { element_dtype: float })];
        },
      );
      const all = g.op('TensorListConcatV2', [list, g.ints([-1, 3]), g.ints([])], {
        ...{ element_dtype: float, element_shape: { shape: { dim: [{ size: '-1' }, { size: '3' }] } } },
      });
      return [g.op('Sum', [all, g.ints(0)]), stack(g, list, [2, 3])];
    },
  },
  {
    name: 'lists from rows at given places',
    runs: [[rows(4)]],
    operators: [],
    build: (g, x) => {
      const placed = (places: readonly number[], value: string, shape: readonly number[]) =>
        g.op('TensorListScatter', [value, g.ints(places), g.ints(shape)], { element_dtype: float });
      const counted = g.op('TensorListScatterV2', [x, g.ints([2, 0, 3, 1]), g.ints([3]), g.ints(4)], {
        element_dtype: float,
      });
      const pairs = placed([1, 0], g.op('Reshape', [x, g.ints([2, 2, 3])]), [2, 3]);
      const resized = g.op('TensorListResize', [pairs, g.ints(1)]);
      return [
        stack(g, counted, [3]),
        stack(g, placed([0, 1, 2, 3], x, [3]), [3]),
        g.op('TensorListConcat', [pairs], {
          ...{
            element_dtype: float,
            element_shape: { shape: { dim: [{ size: '2' }, { size: '3' }] } },
          },
        }),
        getItem(g, resized, g.ints(0), [2, 3]),
      ];
    },
  },
  {
    name: 'arrays that a loop reads and writes',
    open: [0],
    runs: [1, 2, 5].map((count) => [rows(count)]),
    operators: ['Loop'],
    build: (g, x) => {
      const count = extent(g, x);
      const all = g.op('Range', [g.ints(0), count, g.ints(1)]);
      const array = (...dims: number[]) =>
        g.op('TensorArrayV3', [count], {
          ...{ dtype: float, dynamic_size: false, clear_after_read: true, identical_element_shapes: true },
          element_shape: { shape: { dim: dims.map((size) => ({ size: String(size) })) } },
        });
      const [source, made] = [array(3), array(3)];
      const filled = g.op('TensorArrayScatterV3', [source, all, x, `${source}:1`], { T: float });
      const [from, to, flow, limit] = [source, made, filled, count].map((value) => constant(g, value));
      const [, last] = frame(
        g,
        [g.ints(0), `${made}:1`],
        (_, i) => less(g, i, limit),
        (_, i, written) => {
          const row = g.op('TensorArrayReadV3', [from, i, flow], { dtype: float });
          return [
            increased(g, i),
            g.op('TensorArrayWriteV3', [to, i, g.op('Exp', [row]), written], { T: float }),
          ];
        },
      );
      const size = g.op('TensorArraySizeV3', [made, last]);
      const range = g.op('Range', [g.ints(0), size, g.ints(1)]);
      return [
        g.op('TensorArrayGatherV3', [made, range, last], {
          dtype: float,
          element_shape: { shape: { dim: [{ size: '3' }] } },
        }),
      ];
    },
  },
];

/** A case as a graph. */
export function controlFlowGraph({ runs, build, open = [] }: ControlFlowCase): {
  graph: GraphDef;
  outputs: readonly string[];
} {
  const graph = new GraphDef();
  const inputs = runs[0].map((input) => graph.placeholder(input, open));
  return { graph, outputs: build(graph, ...inputs) };
}
