import { quoted, UserError } from '../../../src/core/errors.ts';
import type { OpNode, TensorName } from '../op-node.ts';

/**
 * Names of the nodes that results depend on, ways back of loops included.
 *
 * @param fed names of what is given: what those depend on is not needed
 * @throws UserError for an input that is no node
 */
export function neededFor(
  results: readonly TensorName[],
  nodes: ReadonlyMap<string, OpNode>,
  fed: ReadonlySet<string>,
  source: string,
): Set<string> {
  const needed = new Set(results.map(({ node }) => node));
  // What is added is visited too.
  for (const name of needed) {
    if (fed.has(name)) continue;
    for (const input of nodes.get(name)!.inputs) {
      if (!nodes.has(input.node) && !fed.has(input.node)) {
        throw new UserError(`inputs of nodes in ${source} must be nodes of its graph`, {
          received: `${quoted(input.node)}, which ${quoted(name)} takes`,
          remedy: 'convert the model again',
        });
      }
      needed.add(input.node);
    }
  }
  return needed;
}
