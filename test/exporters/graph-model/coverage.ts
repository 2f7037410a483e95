import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { exportGraphOnnx } from '../../../exporters/graph-model/export.ts';
import { parseGraphModel } from '../../../exporters/graph-model/graph-model.ts';
import { graphConverters } from '../../../exporters/graph-model/ops/index.ts';
import { unsupportedOperators } from '../../../exporters/graph-model/unsupported.ts';
import { controlFlowOperators } from '../../../exporters/graph-model/walk.ts';
import { subgraphs } from '../../../src/onnx/graph.ts';
import { controlFlowCases, controlFlowGraph } from './control-flow-cases.ts';
import { aliases, caseGraph, opCases } from './op-cases.ts';
import { defaultRounds as chains, randomChain } from './random-chain.ts';
import { defaultRounds, randomOp, randomOperators } from './random-ops/index.ts';

/** What a row says beside the counts. */
const notes: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(aliases).map(([name, other]) => [name, `as ${other}`])),
  ...Object.fromEntries(
    ['AvgPool', 'AvgPool3D', 'MaxPool', 'MaxPool3D'].map((name) => [
      name,
      '`SAME` with strides longer than the window refused on unknown extents',
    ]),
  ),
  BatchToSpaceND: 'a dilated convolution between the two stays as it is',
  ...{ If: 'as StatelessIf', While: 'as StatelessWhile' },
  ...{ Merge: 'an If, unless its condition is known', Exit: 'a Loop, unless its rounds are known and few' },
  ...{ StatelessIf: 'an If, unless its condition is known' },
  ...{ StatelessWhile: 'a Loop, unless its rounds are known and few' },
  TensorListResize: 'where both lengths are known',
  TensorListSetItem: 'an index beyond the length it was made for refused where it is known only at run time',
  Einsum: 'no ellipsis',
  Cumprod: 'along axes of known extent',
  DenseBincount: '`binary_output` of a vector refused: tfjs ignores it',
  Dilation2D: 'of at most 64 positions, on known extents',
  FakeQuantWithMinMaxVars: 'passed on as it is, as tfjs does it',
  MatrixBandPart: 'as many diagonals on both sides; others refused: tfjs takes the first number for both',
  ShapeN: 'of whole numbers; those of tfjs are floats',
  FusedBatchNormV3: 'training mode refused',
  LRN: 'over the channels',
  OneHot: 'along a new last axis; another is refused: tfjs ignores it',
  MirrorPad: 'constant paddings',
  Range: 'a literal where its bounds are known',
  Reshape: 'the batch stays dynamic',
  Select: 'a condition for each sample refused',
  Shape: 'worked out where extents are known, and with it all arithmetic of shapes',
  Slice: 'by bounds found at run time, too',
  StridedSlice: 'all masks; by bounds found at run time, too; strides are constants',
  SplitV: 'an open length of an axis of unknown extent refused',
  Atan2: 'and on the axes, with signed zeros and infinities',
  Conv2DBackpropInput:
    'a border is cut off where extents are known only at run time; dilations and channels first refused: tfjs ignores them',
  CropAndResize: 'crops of one size; gathered, since RoiAlign takes other positions',
  NonMaxSuppressionV4: 'filled up to no more than there are boxes, as tfjs does it',
  NonMaxSuppressionV5:
    'a Scan where overlaps lower scores; `pad_to_max_output_size` refused: tfjs ignores it',
  ScatterNd: 'adds what is put twice in one place',
  TensorScatterUpdate: 'into a new tensor; tfjs 4.22 on its plain backend writes into its input, too',
  Transpose: 'nothing where the result is stored that way already',
};

/** Of those that differ only in what TensorFlow may do with them. */
const kinds: Readonly<Record<string, string>> = { If: 'StatelessIf', While: 'StatelessWhile' };

interface Use {
  cases: number;
  random: number;
  models: number;
  readonly operators: Set<string>;
}

interface Topology {
  readonly node: readonly NamedNode[];
  readonly library?: { readonly function?: readonly { readonly nodeDef: readonly NamedNode[] }[] };
}

interface NamedNode {
  readonly name: string;
  readonly op: string;
}

/** What becomes of every operator in the tests' graphs, as converters emit it, before any pass. */
function uses(): Map<string, Use> {
  const found = new Map<string, Use>();
  const use = (operator: string) => {
    const known = found.get(operator) ?? { cases: 0, random: 0, models: 0, operators: new Set() };
    found.set(operator, known);
    return known;
  };
  const count = (
    json: unknown,
    kind: 'cases' | 'random' | 'models',
    counted: (operator: string) => boolean,
  ) => {
    const { modelTopology } = json as { modelTopology: Topology };
    const inside = modelTopology.library?.function?.flatMap(({ nodeDef }) => nodeDef) ?? [];
    const node = [...modelTopology.node, ...inside];
    for (const operator of new Set(node.map(({ op }) => op).filter(counted))) use(operator)[kind]++;
    return node;
  };
  const all = () => true;
  const graphs = [
    ...opCases.map((opCase) => ({ ...caseGraph(opCase), kind: 'cases' as const, counted: all })),
    ...controlFlowCases.map((one) => ({ ...controlFlowGraph(one), kind: 'cases' as const, counted: all })),
    ...Array.from({ length: chains }, (_, seed) => ({
      ...{ ...randomChain(seed), kind: 'random' as const, counted: all },
    })),
    // Others in these graphs lead to the one or to what it gives.
    ...randomOperators.flatMap((drawn) =>
      Array.from({ length: defaultRounds }, (_, round) => ({
        ...{ ...randomOp(drawn, round), kind: 'random' as const },
        counted: (operator: string) => operator === drawn,
      })),
    ),
  ];
  for (const { graph, outputs, kind, counted } of graphs) {
    const { json, shards, path } = graph.file(outputs);
    const operatorOf = new Map(count(json, kind, counted).map(({ name, op }) => [name, op]));
    const nodes = [...exportGraphOnnx(parseGraphModel(json, shards, path), { passes: [] }).graph.nodes];
    for (const node of nodes) nodes.push(...subgraphs(node).flatMap((inner) => inner.nodes));
    for (const { name, operator } of nodes) {
      const source = operatorOf.get(name.slice(0, name.lastIndexOf('/')));
      if (source !== undefined) use(source).operators.add(operator);
    }
  }
  const folder = new URL('../../golden/graph-models/', import.meta.url);
  for (const name of readdirSync(folder)) {
    count(JSON.parse(readFileSync(new URL(`${name}/model.json`, folder), 'utf8')), 'models', all);
  }
  return found;
}

/** Rows of a table: operator, ONNX operators, hand-written graphs, random graphs, converted models, notes. */
export function graphCoverage(): (string | number)[][] {
  const used = uses();
  return [...graphConverters.map(({ operator }) => operator), ...controlFlowOperators].sort().map((name) => {
    const { operators, cases, random, models } = used.get(kinds[name] ?? name)!;
    const listed = [...operators].sort().join(', ');
    const counts = [cases, random, models].map((number) => number || '–');
    return [name, listed || '–', ...counts, notes[name] ?? ''];
  });
}

/** What the walk itself takes: values, and nodes that only say what is to run before. */
const walked = new Set(['Const', 'Placeholder', 'NoOp']);

/** The operators of TensorFlow that tfjs-converter runs, by its own lists. */
function operatorsOfTfjs(): string[] {
  const { resolve } = createRequire(import.meta.url);
  const folder = join(dirname(resolve('@tensorflow/tfjs-converter/package.json')), 'dist/operations/op_list');
  const files = readdirSync(folder).filter((name) => name.endsWith('.js') && !name.endsWith('_test.js'));
  return files.flatMap((name) =>
    [...readFileSync(join(folder, name), 'utf8').matchAll(/'tfOpName': '(\w+)'/g)].map(([, found]) => found),
  );
}

/** Rows of a table: a reason, and the operators that tfjs runs and that are not exported for it. */
export function unsupportedRows(): string[][] {
  const converted = new Set([...graphConverters.map(({ operator }) => operator), ...controlFlowOperators]);
  const run = new Set(operatorsOfTfjs());
  const missing = [...run].filter((name) => !converted.has(name) && !walked.has(name));
  const unexplained = missing.filter((name) => !unsupportedOperators.has(name));
  const stale = [...unsupportedOperators.keys()].filter((name) => !missing.includes(name));
  if (run.size < 200 || unexplained.length > 0 || stale.length > 0) {
    throw new Error(
      `reasons must be those of what is not exported: none for ${unexplained}, needless for ${stale}`,
    );
  }
  return [...new Set(unsupportedOperators.values())].map((reason) => [
    missing.filter((name) => unsupportedOperators.get(name) === reason).join(', '),
    reason,
  ]);
}
