import { quoted, UserError } from '../../src/core/errors.ts';
import type { Value } from '../../src/onnx/converter.ts';
import type { ModelBuilder } from '../onnx/builder.ts';
import { isList } from './control-flow/list.ts';
import { neededFor } from './control-flow/needed.ts';
import { Scope } from './control-flow/region.ts';
import { structureOf } from './control-flow/structure.ts';
import { Walk } from './control-flow/walk.ts';
import type { GraphModel } from './graph-model.ts';
import { findGraphConverter } from './op.ts';
import type { OpNode } from './op-node.ts';
import { unsupportedOperators } from './unsupported.ts';

/** The model applied to `inputs` (one a model input, in order), as nodes of the builder; one value a model output. */
export function walkGraphModel(model: GraphModel, inputs: readonly Value[], builder: ModelBuilder): Value[] {
  const { nodes, source, outputs } = model;
  const fed = new Map(model.inputs.map(({ node }, i) => [node, [inputs[i]]]));
  const results = outputs.map(({ tensor }) => tensor);
  const needed = neededFor(results, nodes, new Set(fed.keys()), source);
  requireConverters(model, needed, fed);
  const region = { source, nodes, needed, structure: structureOf(nodes, source) };
  const walk = new Walk(model, builder);
  const scope = new Scope(region, builder.list, fed);
  walk.visit(results, scope);
  return outputs.map(({ tensor, name }) => {
    const value = scope.valueOf(tensor, `the output ${quoted(name)}`);
    if (!isList(value)) return value;
    throw new UserError(`outputs of ${source} must be tensors`, {
      received: `a list in ${quoted(name)}`,
      remedy: 'stack it in the model',
    });
  });
}

/** Operators that say what runs, and how often: see Walk. */
export const controlFlowOperators = [
  ...['Enter', 'Exit', 'LoopCond', 'Merge', 'NextIteration', 'Switch'],
  ...['If', 'StatelessIf', 'StatelessWhile', 'While'],
] as const;

const structural = new Set<string>(['Const', ...controlFlowOperators]);

/** @throws UserError that lists every operator without a converter */
function requireConverters(
  { nodes, functions, source }: GraphModel,
  needed: ReadonlySet<string>,
  fed: ReadonlyMap<string, unknown>,
): void {
  const own = [...nodes.values()].filter(({ name }) => needed.has(name) && !fed.has(name));
  const missing = new Map<string, string[]>();
  const called = new Set<string>();
  const visit = ({ name, operator, attributes }: OpNode) => {
    if (!structural.has(operator) && !findGraphConverter(operator)) {
      missing.set(operator, [...(missing.get(operator) ?? []), name]);
    }
    const keys = /If$/.test(operator)
      ? ['then_branch', 'else_branch']
      : /While$/.test(operator)
        ? ['cond', 'body']
        : [];
    for (const key of keys) called.add(attributes.function(key));
  };
  own.forEach(visit);
  // What is added is visited too.
  for (const name of called) {
    const found = functions.get(name);
    if (!found) {
      throw new UserError(`functions that ${source} calls must be in it`, {
        received: quoted(name),
        remedy: 'convert the model again',
      });
    }
    const args = new Set(found.inputs);
    for (const inner of neededFor(found.outputs, found.nodes, args, source)) {
      if (!args.has(inner)) visit(found.nodes.get(inner)!);
    }
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
