/** What docs/coverage.md says, from the converters and the cases that test them. */
import type { layers } from '@tensorflow/tfjs-layers';
import { exportOnnx } from '../../exporters/onnx/export.ts';
import { stockConverters } from '../../exporters/onnx/ops/index.ts';
import type { GraphNode } from '../../src/onnx/graph.ts';
import { subgraphs } from '../../src/onnx/graph.ts';
import { graphCoverage, unsupportedRows } from './graph-model/coverage.ts';
import type { LayerCase } from './onnx/case.ts';
import { layerCases } from './onnx/layer-cases.ts';
import { tf } from './onnx/parity.ts';
import { randomCase, randomClasses, usualRounds } from './onnx/random-case.ts';

type Layer = layers.Layer;

/** What a table cannot see: limits of a converter, and how classes without one are exported all the same. */
const notes: Readonly<Record<string, string>> = {
  InputLayer: 'an input of the graph, of the same type',
  Model: 'entered, nested and shared alike',
  Functional: 'entered, nested and shared alike',
  Sequential: 'entered, nested and shared alike',
  SimpleRNNCell: 'in SimpleRNN and RNN',
  GRUCell: 'in GRU and RNN',
  LSTMCell: 'in LSTM and RNN',
  StackedRNNCells: 'in RNN; one operator a cell',
  ConvLSTM2DCell: 'in ConvLSTM2D',
  RNN: 'of SimpleRNNCell, GRUCell, LSTMCell and stacks of them; otherwise as LSTM',
  SimpleRNN: 'as LSTM',
  GRU: 'as LSTM; tfjs 4.22 has `resetAfter: false` only',
  LSTM: 'any mask; a Scan for activations that the operator lacks; `stateful` refused',
  ConvLSTM2D: 'no unknown heights and widths, no masks (tfjs has none here either), `stateful` refused',
  Bidirectional: 'all merge modes, states in and out',
  TimeDistributed: 'of any layer or model; all steps at once',
  Masking: 'and Embedding with `maskZero`: masks reach later layers as in tfjs',
  BatchNormalization: 'over the last axis or the second; whole numbers refused: tfjs cuts off fractions',
  LayerNormalization: 'over any axes; whole numbers refused: tfjs cuts off fractions',
  Activation: 'all; selu and softplus of whole numbers refused: tfjs cuts off fractions',
  Concatenate: 'negative axes before the last refused: tfjs takes the last; numbers of several types refused',
  Softmax: 'over one axis or several, under masks',
  Conv1D: '`causal` and `channelsFirst` refused: tfjs does not compute them',
  Conv3D: '`same` with strides longer than the kernel refused: tfjs shifts it; whole numbers refused',
  Conv3DTranspose: '`same` with strides longer than the kernel refused: tfjs shifts it',
  ...Object.fromEntries(
    ['MaxPooling1D', 'MaxPooling2D', 'AveragePooling1D', 'AveragePooling2D'].map((name) => [
      name,
      '`same` with strides longer than the window refused on unknown extents: ONNX may pad below zero',
    ]),
  ),
  MaxPooling3D: '`same` with strides longer than the window refused: tfjs shifts it',
  AveragePooling3D: '`same` with strides longer than the window refused: tfjs shifts it',
  DepthwiseConv2D: '`dilationRate` refused: tfjs ignores it',
  SeparableConv2D: '`channelsFirst` with a bias refused: tfjs adds it along the height',
  CategoryEncoding: '`tfIdf` refused: tfjs cannot be given its weights',
  CenterCrop: 'the rows and columns that tfjs takes; no unknown heights and widths',
  Resizing: 'tfjs 4.22 computes it outside models only',
  RandomWidth: 'left out, as in Keras; tfjs 4.22 resizes at random when predicting too',
  ...Object.fromEntries(
    ['Dropout', 'SpatialDropout1D', 'GaussianNoise', 'GaussianDropout', 'AlphaDropout'].map((name) => [
      name,
      'left out: does nothing when predicting',
    ]),
  ),
};

/** Every class of layer that tfjs-layers can build, by name. */
function layerClasses(): string[] {
  const classes = tf.serialization.SerializationMap.getMap().classNameMap as unknown as Record<
    string,
    [new (...args: never[]) => unknown]
  >;
  // Layers of tests are not tfjs's.
  return Object.keys(classes)
    .filter((name) => classes[name][0].prototype instanceof tf.layers.Layer)
    .sort((a, b) => a.localeCompare(b));
}

interface Use {
  cases: number;
  randomCases: number;
  /** In how many of the cases each occurs. */
  readonly operators: Map<string, number>;
}

/** The layers of a model and of models inside it, by the path that their nodes' names begin with. */
function layerPaths(model: Layer, prefix = ''): [string, Layer][] {
  return (model as Layer & { layers: Layer[] }).layers.flatMap((layer) =>
    'layers' in layer
      ? layerPaths(layer, `${prefix}${layer.name}/`)
      : [[`${prefix}${layer.name}/`, layer] as [string, Layer]],
  );
}

/** The classes of what is in a model: layers, models among them with theirs, and the cells of recurrent layers. */
function classesWithin(layer: Layer): string[] {
  const { layers, cell, cells } = layer as Layer & { layers?: Layer[]; cell?: Layer; cells?: Layer[] };
  const inner = layers ?? cells ?? (cell ? [cell] : []);
  return inner.flatMap((each) => [each.getClassName(), ...classesWithin(each)]);
}

/** Whether a node is a transpose between layouts, as all layers may need. */
function isRelayout({ operator, attributes }: GraphNode): boolean {
  const perm = String(attributes.perm);
  const rank = (attributes.perm as number[] | undefined)?.length ?? 0;
  const axes = Array.from({ length: rank }, (_, axis) => axis).slice(1);
  const layouts = [[0, rank - 1, ...axes.slice(0, -1)].join(), [0, ...axes.slice(1), 1].join()];
  return operator === 'Transpose' && layouts.includes(perm);
}

function nodesWithin(node: GraphNode): GraphNode[] {
  return [node, ...subgraphs(node).flatMap(({ nodes }) => nodes.flatMap(nodesWithin))];
}

/** What becomes of each class in the cases, as converters emit it, before any pass. */
function uses(): Map<string, Use> {
  const found = new Map<string, Use>();
  const add = ({ build }: LayerCase, kind: 'cases' | 'randomCases') => {
    const model = build();
    const { nodes } = exportOnnx(model, { passes: [] }).graph;
    const paths = layerPaths(model);
    for (const className of new Set(classesWithin(model))) {
      const use = found.get(className) ?? { cases: 0, randomCases: 0, operators: new Map() };
      found.set(className, use);
      use[kind]++;
      const own = paths.filter(([, layer]) => layer.getClassName() === className).map(([path]) => path);
      const made = nodes
        .filter(({ name }) => own.some((path) => name.startsWith(path)))
        .flatMap(nodesWithin)
        // It only names an output.
        .filter(({ operator }) => operator !== 'Identity');
      const characteristic = made.filter((node) => !isRelayout(node));
      const listed = characteristic.length > 0 ? characteristic : made;
      for (const operator of new Set(listed.map(({ operator }) => operator))) {
        use.operators.set(operator, (use.operators.get(operator) ?? 0) + 1);
      }
    }
    model.dispose();
  };
  for (const layerCase of layerCases) add(layerCase, 'cases');
  for (const className of randomClasses) {
    for (let seed = 0; seed < usualRounds; seed++) add(randomCase(className, seed), 'randomCases');
  }
  return found;
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** The operators that most cases have, then the others. */
function operatorList(operators: ReadonlyMap<string, number>, total: number): string {
  const sorted = [...operators].sort(([a], [b]) => a.localeCompare(b));
  const usual = sorted.filter(([, count]) => 2 * count >= total).map(([name]) => name);
  const others = sorted.filter(([, count]) => 2 * count < total).map(([name]) => name);
  return [usual.join(', '), others.join(', ')].filter((part) => part !== '').join('; at times ') || '–';
}

function layerTable(): string {
  const converted = new Set(stockConverters.map(({ className }) => className));
  const used = uses();
  const rows = layerClasses().map((name) => {
    const { operators = new Map<string, number>(), cases = 0, randomCases = 0 } = used.get(name) ?? {};
    const isSupported = converted.has(name) || name in notes;
    const names = notes[name]?.startsWith('left out') ? '–' : operatorList(operators, cases + randomCases);
    return [name, isSupported ? 'yes' : 'no', names, cases || '–', randomCases || '–', notes[name] ?? ''];
  });
  return table(['Layer', 'Exported', 'ONNX operators', 'Graphs', 'Random', 'Notes'], rows);
}

/** docs/coverage.md. */
export function coverage(): string {
  return `# What becomes ONNX

Made from the converters and their tests: \`npx vitest run test/exporters/coverage.test.ts -u\`.

## Layers of tfjs-layers ${tf.version_layers}

**Graphs** counts hand-written cases (\`test/exporters/onnx/layers.test.ts\`), **Random** those with seeded random
weights, shapes, unknown extents, strides, paddings, dilations, data formats, types and options, alone and between other
layers (\`test/exporters/onnx/random-layers.test.ts\`; \`ACTIONNX_SEED\` and \`ACTIONNX_ROUNDS\` give more). Each gives
tfjs's outputs within 2·10⁻⁵ in onnxruntime-node and in onnxruntime-web's wasm, and its graph has passed ONNX's checker,
strict shape inference and reference evaluator (\`test/golden/onnx-graphs.py\`): the tests hold its hash. **ONNX
operators** are those that most cases have, then those of others, before any pass; transposes between layouts, which
passes take out, are not listed. Every activation of tfjs-layers is exported. Whole models of tfjs's examples: \`test/exporters/onnx/architectures.test.ts\`.

${layerTable()}

Another class is exported by a converter of its own, registered with \`defineConverter\`; without one, the error names the
layer, its class, and where it is.

## Operators of GraphModels

**Graphs** counts hand-written ones, in which an operator stands on its input and on what a convolution gives, and
**Models** those that tensorflowjs_converter wrote from Keras models. Each gives tfjs's outputs within 2·10⁻⁵ in
onnxruntime-node and in onnxruntime-web's wasm, and passes ONNX's checker, strict shape inference and reference
evaluator (\`test/exporters/graph-model\`, \`test/golden/graph-models.py\`). So do those that **Random** counts: the
operator on seeded random values, shapes and options, alone (\`random-ops.test.ts\` there) or in a chain
(\`random-chains.test.ts\`); \`ACTIONNX_SEED\` and \`ACTIONNX_ROUNDS\` give more. **ONNX operators** include those that
change the layout.

${table(['Operator', 'ONNX operators', 'Graphs', 'Random', 'Models', 'Notes'], graphCoverage())}

Another operator is exported by a converter of its own, registered with \`defineGraphConverter\`; without one, the error
lists all that lack one, with counts and an example each. Of the operators that tfjs-converter 4.22 runs, these have
none:

${table(['Operators', 'Why'], unsupportedRows())}
`;
}
