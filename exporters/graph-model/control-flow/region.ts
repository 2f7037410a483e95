import { quoted, UserError } from '../../../src/core/errors.ts';
import type { Value } from '../../../src/onnx/converter.ts';
import type { NodeList } from '../../onnx/builder.ts';
import type { OpNode, TensorName } from '../op-node.ts';
import type { Guards, Loop, Side, Structure } from './structure.ts';

/** A node's results by number. */
export type Results = readonly Value[];

/** A graph of TensorFlow's: the model's own, or a function's. */
export interface Region {
  readonly source: string;
  readonly nodes: ReadonlyMap<string, OpNode>;
  readonly structure: Structure;
  /** Names of nodes that the results depend on. */
  readonly needed: ReadonlySet<string>;
}

/** What a scope is of: the whole of a region, one round of a loop, or one side of a condition. */
export type Extent =
  | { readonly kind: 'whole' }
  | { readonly kind: 'round'; readonly loop: Loop }
  | { readonly kind: 'side'; readonly key: string; readonly side: Side };

/** Values of nodes, and where new ones are written. Those that do not depend on the scope are its parent's. */
export class Scope {
  readonly region: Region;
  readonly list: NodeList;
  readonly values: Map<string, Results>;
  /** Nodes whose turn has come and that wait for others: to meet one again is a circle. */
  readonly open = new Set<string>();
  readonly #extent: Extent;
  readonly #parent: Scope | undefined;

  constructor(
    region: Region,
    list: NodeList,
    values: Map<string, Results>,
    extent: Extent = { kind: 'whole' },
    parent?: Scope,
  ) {
    [this.region, this.list, this.values] = [region, list, values];
    this.#extent = extent;
    this.#parent = parent;
  }

  /** The scope that a node belongs to: the innermost whose loop or condition it depends on. */
  homeOf(name: string): Scope {
    const guards = this.region.structure.guardsOf(name);
    for (let scope: Scope | undefined = this; scope; scope = scope.#parent) {
      if (scope.values.has(name) || scope.#holds(name, guards)) return this.#checked(scope, name, guards);
    }
    throw new Error(`no scope for ${name}`);
  }

  valueOf({ node, index }: TensorName, user: string): Value {
    const value = this.homeOf(node).values.get(node)?.[index];
    if (value) return value;
    throw new UserError(`${user} in ${this.region.source} must take results that there are`, {
      received: `result ${index} of ${quoted(node)}`,
      remedy: 'convert the model again',
    });
  }

  #holds(name: string, guards: Guards): boolean {
    const extent = this.#extent;
    if (extent.kind === 'whole') return true;
    if (extent.kind === 'side') return guards.get(extent.key) === extent.side;
    return extent.loop.inside.has(name);
  }

  /** @throws UserError for what there is on one side of a condition only, where both have joined */
  #checked(home: Scope, name: string, guards: Guards): Scope {
    if (guards.size === 0 || home.values.has(name)) return home;
    const sides = new Map<string, Side>();
    for (let scope: Scope | undefined = home; scope; scope = scope.#parent) {
      const extent = scope.#extent;
      if (extent.kind === 'side') sides.set(extent.key, extent.side);
    }
    const missing = [...guards].find(([key, side]) => sides.get(key) !== side);
    if (!missing) return home;
    throw new UserError(`results of one branch must not be used outside of it in ${this.region.source}`, {
      received: `${quoted(name)}, which there is only where ${quoted(missing[0])} is ${missing[1]}`,
      remedy: 'join the branches in the model',
    });
  }
}
