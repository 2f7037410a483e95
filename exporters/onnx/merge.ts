/** Several graphs in one: what ensembles and grafts are made of. */
import { UserError } from '../../src/core/errors.ts';
import { type Graph, type GraphNode, renameValues, subgraphs } from '../../src/onnx/graph.ts';
import type { Model } from '../../src/onnx/model.ts';
import { raiseOpset } from './raise-opset.ts';

/** The graph with everything in it called `<prefix>/…`, but for the values that `given` has other names for. */
export function prefixGraph(
  graph: Graph,
  prefix: string,
  given: ReadonlyMap<string, string> = new Map(),
): Graph {
  const rename = (name: string) => (name === '' ? '' : (given.get(name) ?? `${prefix}/${name}`));
  const port = <Port extends { name: string }>(item: Port): Port => ({ ...item, name: rename(item.name) });
  const { nodes } = renameValues(graph, rename);
  return {
    name: graph.name,
    nodes: nodes.map((node) => ({ ...node, name: node.name && `${prefix}/${node.name}` })),
    initializers: new Map([...graph.initializers.values()].map((item) => [rename(item.name), port(item)])),
    inputs: graph.inputs.map(port),
    outputs: graph.outputs.map(port),
    ...(graph.values && { values: graph.values.map(port) }),
  };
}

/**
 * Models whose operators are from the same sets, so that their nodes can stand in one graph: older ones are raised to
 * the newest.
 *
 * @param names for error messages, one a model
 * @throws UserError for models of sets that cannot be brought together
 */
export function alignOpsets(
  models: readonly Model[],
  names: readonly string[],
): { models: Model[]; opsets: Map<string, number> } {
  const newest = Math.max(...models.map((model) => model.opsets.get('') ?? 0));
  const raised = models.map((model, i) => raiseOpset(model, newest, names[i], 'as what it is joined with'));
  const opsets = new Map<string, number>();
  raised.forEach((model, i) => {
    for (const [domain, version] of model.opsets) {
      const known = opsets.get(domain) ?? version;
      if (known !== version) {
        throw new UserError('graphs in one file must be of one operator set', {
          received: `${domain} ${version} in ${names[i]}, ${known} before it`,
          remedy: 'export them again, all in the same way',
        });
      }
      opsets.set(domain, version);
    }
  });
  return { models: raised, opsets };
}

/** Keeps nodes that compute the same from the same once: preprocessing that merged graphs have in common. */
export function shareEqualNodes(graph: Graph): Graph {
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const kept = new Map<string, GraphNode>();
  const renamed = new Map<string, string>();
  const resolve = (name: string) => renamed.get(name) ?? name;
  const nodes = graph.nodes.filter((node) => {
    const key = keyOf(node, resolve);
    const equal = key === undefined ? undefined : kept.get(key);
    if (!equal || node.outputs.some((name) => outputs.has(name))) {
      if (key !== undefined) kept.set(key, node);
      return true;
    }
    node.outputs.forEach((name, i) => {
      if (name !== '') renamed.set(name, resolve(equal.outputs[i]));
    });
    return false;
  });
  return renamed.size === 0 ? graph : renameValues({ ...graph, nodes }, resolve);
}

/** Equal for nodes that give the same; undefined for those that draw random numbers or hold graphs or tensors. */
function keyOf(node: GraphNode, resolve: (name: string) => string): string | undefined {
  const { operator, domain, inputs, outputs, attributes } = node;
  const holdsMore = Object.values(attributes).some(
    (value) => typeof value === 'object' && ('tensor' in value || 'encoded' in value),
  );
  if (holdsMore || subgraphs(node).length > 0 || /^(Random|Bernoulli|Multinomial)/.test(operator)) {
    return undefined;
  }
  const settings = Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1));
  const text = (_: string, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value);
  const used = outputs.map((name) => name !== '');
  return JSON.stringify([operator, domain, inputs.map(resolve), used, settings], text);
}
