import { quoted, UserError } from '../../src/core/errors.ts';
import type { ValueShape } from '../../src/onnx/converter.ts';
import { Attributes, elementType, shapeOf } from './attributes.ts';
import { type Constant, readConstants } from './constants.ts';
import type { OpNode, TensorName } from './op-node.ts';
import { shapeByUse } from './shape-by-use.ts';

/** An input of a GraphModel: a placeholder. */
export interface GraphInput {
  /** By the signature's key, or else the placeholder's name. */
  readonly name: string;
  readonly node: string;
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly shape: ValueShape;
}

export interface GraphOutput {
  readonly name: string;
  readonly tensor: TensorName;
}

/** A graph that loops and branches call by its name. */
export interface GraphFunction {
  readonly nodes: ReadonlyMap<string, OpNode>;
  /** Names of its arguments, which its nodes take as they take nodes. */
  readonly inputs: readonly string[];
  readonly outputs: readonly TensorName[];
}

/** A TensorFlow.js GraphModel as tensorflowjs_converter writes it: a frozen TensorFlow graph and its constants. */
export interface GraphModel {
  /** Where it is from, for messages. */
  readonly source: string;
  readonly nodes: ReadonlyMap<string, OpNode>;
  readonly inputs: readonly GraphInput[];
  readonly outputs: readonly GraphOutput[];
  readonly constants: ReadonlyMap<string, Constant>;
  readonly functions: ReadonlyMap<string, GraphFunction>;
}

/**
 * A GraphModel from its `model.json`, parsed as JSON, and the contents of the weight files that this names, in order.
 * Weights stay where they are and are de-quantised when they are asked for.
 *
 * @param source a name for messages
 * @param rankOf of an input by its name, asked where neither the model nor what it does with the input says it
 * @throws UserError when it is another format, or damaged, or the rank of an input is not known
 */
export function parseGraphModel(
  json: unknown,
  shards: readonly Uint8Array<ArrayBuffer>[],
  source: string,
  rankOf: (input: string) => number | undefined = () => undefined,
): GraphModel {
  const { modelTopology, weightsManifest, signature, userDefinedMetadata } = Object(json);
  const { node: nodeList, library } = Object(modelTopology);
  if (!Array.isArray(nodeList)) {
    throw new UserError(`${source} must be a TensorFlow.js GraphModel`, {
      received: 'JSON without a graph of nodes',
      remedy: 'convert it with tensorflowjs_converter --output_format tfjs_graph_model',
    });
  }
  const nodes = readNodes(nodeList, source);
  const { inputs, outputs } = Object(signature ?? Object(userDefinedMetadata).signature);
  const constants = readConstants(weightsManifest ?? [], shards, source);
  const shapeNamed = (key: string, node: string) =>
    shapeByUse(node, nodes, constants) ?? openShape(rankOf(key));
  return {
    ...{ source, nodes, constants },
    inputs: readInputs(nodes, Object(inputs), shapeNamed, source),
    outputs: readOutputs(nodes, Object(outputs), source),
    functions: readFunctions(Object(library).function ?? [], source),
  };
}

function readFunctions(list: unknown, source: string): Map<string, GraphFunction> {
  const functions = new Map<string, GraphFunction>();
  for (const entry of Array.isArray(list) ? list : [null]) {
    const { signature, nodeDef, ret } = Object(entry);
    const { name, inputArg = [], outputArg = [] } = Object(signature);
    const nodes = Array.isArray(nodeDef) ? readNodes(nodeDef, source) : undefined;
    const names = (args: unknown) => (Array.isArray(args) ? args.map((arg) => String(Object(arg).name)) : []);
    const results = names(outputArg).map((result) => Object(ret)[result]);
    if (typeof name !== 'string' || !nodes || !results.every((result) => typeof result === 'string')) {
      throw new UserError(`functions of ${source} must have a name, nodes and results`, {
        received: quoted(JSON.stringify(signature) ?? 'nothing'),
        remedy: 'convert the model again',
      });
    }
    const outputs = results.map((result: string) => tensorName(result, nodes));
    functions.set(name, { nodes, inputs: names(inputArg), outputs });
  }
  return functions;
}

function readNodes(list: readonly unknown[], source: string): Map<string, OpNode> {
  const nodes = new Map<string, OpNode>();
  const operators = new Map(
    list.map((entry) => [Object(entry).name, { operator: String(Object(entry).op) }]),
  );
  for (const entry of list) {
    const { name, op: operator, input = [], attr } = Object(entry);
    const isNode = typeof name === 'string' && typeof operator === 'string' && Array.isArray(input);
    if (!isNode || nodes.has(name) || !input.every((one) => typeof one === 'string')) {
      throw new UserError(
        `nodes of ${source} must have a name of their own, an operator and names of inputs`,
        {
          received: quoted(JSON.stringify(entry) ?? 'nothing'),
          remedy: 'convert the model again',
        },
      );
    }
    nodes.set(name, {
      ...{ name, operator },
      inputs: input
        .filter((one: string) => !one.startsWith('^'))
        .map((one: string) => tensorName(one, operators)),
      controls: input.filter((one: string) => one.startsWith('^')).map((one: string) => one.slice(1)),
      attributes: new Attributes(attr, `${quoted(name)} (${quoted(operator)}) in ${source}`),
    });
  }
  return nodes;
}

/** How functions number the results of operators that give them names: each counts from zero. */
const resultNames: Readonly<Record<string, readonly string[]>> = {
  ...{ Switch: ['output_false', 'output_true'], TopKV2: ['values', 'indices'], Unique: ['y', 'idx'] },
  NonMaxSuppressionV4: ['selected_indices', 'valid_outputs'],
  NonMaxSuppressionV5: ['selected_indices', 'selected_scores', 'valid_outputs'],
  ...{ TensorArrayV3: ['handle', 'flow'] },
};

/** "conv/Conv2D:0" or "conv/Conv2D"; in functions "conv/Conv2D:output:0", the result's name and its place there. */
function tensorName(
  text: string,
  nodes: ReadonlyMap<string, Pick<OpNode, 'operator'>> = new Map(),
): TensorName {
  const [, node, result, index = '0'] = /^(.*?)(?::([a-zA-Z]\w*))?(?::(\d{1,9}))?$/s.exec(text)!;
  const { operator = '' } = nodes.get(node) ?? {};
  const named = Object.hasOwn(resultNames, operator) ? resultNames[operator].indexOf(result) : -1;
  return { node, index: Math.max(named, 0) + Number(index) };
}

function readInputs(
  nodes: ReadonlyMap<string, OpNode>,
  signature: Readonly<Record<string, unknown>>,
  shapeNamed: (key: string, node: string) => ValueShape | undefined,
  source: string,
): GraphInput[] {
  const named = Object.entries(signature).map(([key, entry]) => ({ key, ...portOf(key, entry, source) }));
  const placeholders = [...nodes.values()].filter(({ operator }) => operator === 'Placeholder');
  const ports =
    named.length > 0
      ? named
      : placeholders.map(({ name }) => ({
          ...{ key: name, tensor: { node: name, index: 0 }, shape: undefined, dtype: undefined },
        }));
  return ports.map(({ key, tensor, shape, dtype }) => {
    const node = nodes.get(tensor.node);
    const refuse = (received: string, remedy: string) =>
      new UserError(`the input ${quoted(key)} of ${source} must be a node of known rank and type`, {
        ...{ received, remedy },
      });
    if (!node) throw refuse('no such node', 'convert the model again');
    const type = dtype ?? node.attributes.type('dtype');
    if (type !== 'float32' && type !== 'int32' && type !== 'bool') {
      throw refuse(type, 'convert the model with inputs of float32, int32 or bool');
    }
    const extents = shape ?? node.attributes.shape('shape') ?? shapeNamed(key, node.name);
    if (!extents) {
      throw refuse(
        'a shape of any rank',
        'give arrays for all inputs with --inputs some.npz, whose ranks are taken, or convert the model with a signature of known shapes',
      );
    }
    return { name: key, node: node.name, dtype: type, shape: extents };
  });
}

/** All extents left open. */
function openShape(rank: number | undefined): null[] | undefined {
  return rank === undefined ? undefined : Array.from({ length: rank }, () => null);
}

function readOutputs(
  nodes: ReadonlyMap<string, OpNode>,
  signature: Readonly<Record<string, unknown>>,
  source: string,
): GraphOutput[] {
  const named = Object.entries(signature).map(([name, entry]) => ({
    ...{ name, tensor: portOf(name, entry, source).tensor },
  }));
  const used = new Set([...nodes.values()].flatMap(({ inputs }) => inputs.map(({ node }) => node)));
  const ends = [...nodes.keys()].filter((name) => !used.has(name));
  const outputs = named.length > 0 ? named : ends.map((name) => ({ name, tensor: { node: name, index: 0 } }));
  const missing = outputs.find(({ tensor }) => !nodes.has(tensor.node));
  if (missing || outputs.length === 0) {
    throw new UserError(`${source} must have outputs that are nodes of its graph`, {
      received: missing ? quoted(missing.name) : 'none',
      remedy: 'convert the model again',
    });
  }
  return outputs;
}

/** An entry of a signature. */
function portOf(key: string, entry: unknown, source: string) {
  const { name, dtype, tensorShape } = Object(entry);
  if (typeof name !== 'string') {
    throw new UserError(`the signature of ${source} must name tensors`, {
      received: quoted(key),
      remedy: 'convert the model again',
    });
  }
  return { tensor: tensorName(name), shape: shapeOf(tensorShape), dtype: elementType(dtype) };
}
