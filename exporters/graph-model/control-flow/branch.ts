import type { UserError } from '../../../src/core/errors.ts';
import type { Value } from '../../../src/onnx/converter.ts';
import type { Graph } from '../../../src/onnx/graph.ts';
import type { ModelBuilder } from '../../onnx/builder.ts';
import { dropUnused } from '../drop-unused.ts';
import { asSequence, commonElement, commonShape, isList, portOf } from './list.ts';

/** What loops and branches are written with. */
export interface Context {
  readonly builder: ModelBuilder;
  /** For names. */
  readonly path: string;
  /** The one element of a value, where it is known while exporting; a boolean is 0 or 1. */
  known(value: Value): number | undefined;
  unsupported(what: string): UserError;
}

/**
 * What one of two branches gives, as an If of ONNX. Where the condition is known, only the branch that is taken is
 * written.
 *
 * @param branches the one for true and the one for false, which write what they are into the present list
 */
export function branch(
  predicate: Value,
  branches: readonly (() => readonly Value[])[],
  context: Context,
): Value[] {
  const { builder, path } = context;
  const known = context.known(predicate);
  if (known !== undefined) return [...branches[known === 0 ? 1 : 0]()];
  if (predicate.dtype !== 'bool' || predicate.shape.length !== 0) {
    throw context.unsupported(`a condition that is ${predicate.dtype} of rank ${predicate.shape.length}`);
  }
  const written = branches.map((write) => {
    const list = builder.innerList();
    return { list, results: builder.into(list, () => write().map((value) => plain(value, context))) };
  });
  const [ones, others] = written.map(({ results }) => results);
  const name = builder.freeName(`${path}/If`);
  const outputs = ones.map((one, i) => ({
    ...common(one, others[i], context),
    name: builder.freeName(`${name}.${i}`),
  }));
  const graphs = written.map(({ list, results }, i) => {
    const called = `${name}.${i === 0 ? 'then' : 'else'}`;
    return builder.into(list, () => innerGraph(called, [], results, context));
  });
  builder.push({
    ...{ name, operator: 'If', inputs: [predicate.name], outputs: outputs.map((output) => output.name) },
    attributes: { then_branch: { graph: graphs[0] }, else_branch: { graph: graphs[1] } },
  });
  return outputs;
}

/** The value as the graphs inside nodes hand it on: in tfjs's order, a list as a sequence. */
export function plain(value: Value, { builder, path }: Context): Value {
  return isList(value) ? asSequence(value, builder, path) : builder.relayout(value, 'tfjs', path);
}

/** What is known of a value that is one or the other. */
export function common(a: Value, b: Value, context: Context): Value {
  if (isList(a) || isList(b)) {
    if (!isList(a) || !isList(b) || a.dtype !== b.dtype)
      throw context.unsupported('a list where there is none');
    return { ...a, element: commonElement(a.element, b.element) } as Value;
  }
  const shape = commonShape(a.shape, b.shape);
  if (!shape || a.dtype !== b.dtype) {
    const [one, other] = [a, b].map((value) => `${value.dtype} of rank ${value.shape.length}`);
    throw context.unsupported(`a value that is ${one} here and ${other} there`);
  }
  return { ...a, shape };
}

/** The graph of a list of nodes. Its results get names of their own: they may be values of outside. */
export function innerGraph(
  name: string,
  inputs: readonly Value[],
  results: readonly Value[],
  { builder }: Context,
): Graph {
  const outputs = results.map((result) => {
    if (!isList(result)) return builder.node(name, 'Identity', [result]);
    return { ...result, name: builder.node(name, 'Identity', [result]).name };
  });
  const graph = { name, nodes: builder.list.nodes, initializers: new Map() };
  return dropUnused({ ...graph, inputs: inputs.map(portOf), outputs: outputs.map(portOf) });
}
