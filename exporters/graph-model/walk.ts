import type { Value } from '../../src/core/converter.ts';
import { quoted, UserError } from '../../src/core/errors.ts';
import type { ModelBuilder } from '../onnx/builder.ts';
import type { GraphModel, OpNode, TensorName } from './graph-model.ts';
import { findGraphConverter } from './op.ts';
import { GraphScope } from './scope.ts';
import { unsupportedOperators } from './unsupported.ts';

/** The model applied to `inputs` (one a model input, in order), as nodes of the builder; one value a model output. */
export function walkGraphModel(model: GraphModel, inputs: readonly Value[], builder: ModelBuilder): Value[] {
  const fed = new Map(model.inputs.map(({ node }, i) => [node, [inputs[i]]]));
  const order = runningOrder(model, fed);
  requireConverters(order, fed, model.source);
  const scope = new GraphScope(model, builder);
  const values = new Map<string, readonly Value[]>(fed);
  const resultOf = ({ node, index }: TensorName, user: string): Value => {
    const value = values.get(node)![index];
    if (value) return value;
    throw new UserError(`${user} in ${model.source} must take results that there are`, {
      received: `result ${index} of ${quoted(node)}`,
      remedy: 'convert the model again',
    });
  };
  for (const node of order) {
    if (values.has(node.name)) continue;
    const taken = node.inputs.map((input) => resultOf(input, quoted(node.name)));
    values.set(node.name, scope.convert(node, taken));
  }
  return model.outputs.map(({ tensor, name }) => resultOf(tensor, `the output ${quoted(name)}`));
}

/**
 * The nodes that the outputs depend on, each after those that it depends on.
 *
 * @throws UserError for an input that is no node, or a circle
 */
function runningOrder({ nodes, outputs, source }: GraphModel, fed: ReadonlyMap<string, unknown>): OpNode[] {
  const order: OpNode[] = [];
  const state = new Map<string, 'open' | 'done'>();
  // Graphs are deeper than the call stack.
  const stack = outputs.map(({ tensor }) => ({ name: tensor.node, user: '' })).reverse();
  while (stack.length > 0) {
    const { name, user } = stack.at(-1)!;
    const node = nodes.get(name);
    if (!node) {
      throw new UserError(`inputs of nodes in ${source} must be nodes of its graph`, {
        received: `${quoted(name)}, which ${quoted(user)} takes`,
        remedy: 'convert the model again',
      });
    }
    const isNew = !state.has(name);
    if (isNew) state.set(name, 'open');
    const before = fed.has(name) || !isNew ? [] : node.inputs.map((input) => input.node);
    const waiting = before.filter((input) => state.get(input) !== 'done');
    const circle = waiting.find((input) => state.get(input) === 'open');
    if (circle !== undefined) {
      throw new UserError(`the graph of ${source} must have no circles`, {
        received: `one through ${quoted(circle)}`,
        remedy: 'models with loops cannot be exported',
      });
    }
    if (waiting.length > 0) {
      stack.push(...waiting.map((input) => ({ name: input, user: name })).reverse());
      continue;
    }
    stack.pop();
    if (state.get(name) === 'open') order.push(node);
    state.set(name, 'done');
  }
  return order;
}

/** @throws UserError that lists every operator without a converter */
function requireConverters(
  order: readonly OpNode[],
  fed: ReadonlyMap<string, unknown>,
  source: string,
): void {
  const missing = new Map<string, string[]>();
  for (const { name, operator } of order) {
    if (fed.has(name) || operator === 'Const' || findGraphConverter(operator)) continue;
    missing.set(operator, [...(missing.get(operator) ?? []), name]);
  }
  if (missing.size === 0) return;
  const list = [...missing].map(([operator, [first, ...others]]) => {
    const count = others.length > 0 ? `${others.length + 1} times, such as ` : '';
    const reason = unsupportedOperators.get(operator);
    return `${quoted(operator).slice(1, -1)} (${count}${quoted(first)}${reason ? `; ${reason}` : ''})`;
  });
  throw new UserError(`operators of ${source} have no converter to ONNX`, {
    received: list.slice(0, 100).join(', '),
    remedy: `register one for each before exporting: defineGraphConverter('${[...missing.keys()][0].replaceAll(/\W/g, '')}', 1, (inputs, op) => outputs)`,
  });
}
