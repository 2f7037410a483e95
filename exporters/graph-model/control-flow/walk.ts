import { quoted, UserError } from '../../../src/core/errors.ts';
import type { Value } from '../../../src/onnx/converter.ts';
import type { ModelBuilder } from '../../onnx/builder.ts';
import type { GraphModel } from '../graph-model.ts';
import type { OpNode, TensorName } from '../op-node.ts';
import { GraphScope } from '../scope.ts';
import { branch } from './branch.ts';
import { type Carried, loop } from './loop.ts';
import { neededFor } from './needed.ts';
import { type Region, type Results, Scope } from './region.ts';
import { type Joint, type Loop, type Side, structureOf } from './structure.ts';

/** Operators of control flow that only pass a value on: what there is on which side is known from the structure. */
const passOn = new Set(['Enter', 'NextIteration', 'LoopCond', 'Switch']);

/** A function, ready to be gone through. */
interface Called {
  readonly region: Region;
  readonly inputs: readonly string[];
  readonly outputs: readonly TensorName[];
}

const sides: readonly Side[] = ['true', 'false'];

/** Goes through a model's graph and its functions, and writes what their nodes are in ONNX. */
export class Walk {
  readonly #model: GraphModel;
  readonly #builder: ModelBuilder;
  readonly #converters: GraphScope;
  readonly #functions = new Map<string, Region>();

  constructor(model: GraphModel, builder: ModelBuilder) {
    this.#model = model;
    this.#builder = builder;
    this.#converters = new GraphScope(model, builder);
  }

  /** Works out tensors, and all that they depend on. @throws UserError for a circle */
  visit(results: readonly TensorName[], scope: Scope): Value[] {
    // Graphs are deeper than the call stack.
    const stack = results.map(({ node }) => node).reverse();
    const opened: { scope: Scope; name: string }[] = [];
    while (stack.length > 0) {
      const name = stack.at(-1)!;
      const home = scope.homeOf(name);
      if (home.values.has(name)) {
        stack.pop();
        continue;
      }
      const node = home.region.nodes.get(name)!;
      const waiting = this.#inputsOf(node, home)
        .map((input) => input.node)
        .filter((input) => !home.homeOf(input).values.has(input));
      const circle = waiting.find((input) => home.homeOf(input).open.has(input));
      if (circle !== undefined) {
        throw new UserError(`the graph of ${this.#model.source} must have no circles but its loops`, {
          received: `one through ${quoted(circle)}`,
          remedy: 'convert the model again',
        });
      }
      if (waiting.length > 0) {
        home.open.add(name);
        opened.push({ scope: home, name });
        stack.push(...waiting.reverse());
        continue;
      }
      stack.pop();
      for (const [made, values] of this.#builder.into(home.list, () => this.#results(node, home))) {
        home.values.set(made, values);
      }
    }
    for (const one of opened) one.scope.open.delete(one.name);
    return results.map((result) => scope.valueOf(result, quoted(result.node)));
  }

  /** What must be there before a node's results are worked out. */
  #inputsOf(node: OpNode, { region }: Scope): readonly TensorName[] {
    const { loops, joints } = region.structure;
    const frame = loops.get(node.name);
    if (frame) return frame.variables.map(({ initial }) => initial);
    const joint = joints.get(node.name);
    if (joint) return [joint.predicate];
    return passOn.has(node.operator) ? node.inputs.slice(0, 1) : node.inputs;
  }

  /** Results of a node, and of those that are worked out along with it. */
  #results(node: OpNode, scope: Scope): Iterable<readonly [string, Results]> {
    const { loops, joints } = scope.region.structure;
    const frame = loops.get(node.name);
    if (frame) return this.#frame(frame, node, scope);
    const joint = joints.get(node.name);
    if (joint) return this.#joints(joint, node, scope);
    const inputs = this.#inputsOf(node, scope).map((input) => scope.valueOf(input, quoted(node.name)));
    if (passOn.has(node.operator)) return [[node.name, [inputs[0], inputs[0]]]];
    if (/^(Stateless)?While$/.test(node.operator)) return [[node.name, this.#while(node, inputs)]];
    if (/^(Stateless)?If$/.test(node.operator)) return [[node.name, this.#if(node, inputs)]];
    return [[node.name, this.#converters.convert(node, inputs)]];
  }

  /** A loop that the graph has as a frame. */
  #frame(frame: Loop, node: OpNode, scope: Scope): [string, Results][] {
    const { variables, condition } = frame;
    const round = (states: readonly Value[]) => {
      const seen = new Map(
        variables.flatMap(({ merge, switches }, i) =>
          [merge, ...switches].map((name) => [name, [states[i], states[i]]] as const),
        ),
      );
      const inner = new Scope(
        scope.region,
        this.#builder.list,
        new Map(seen),
        { kind: 'round', loop: frame },
        scope,
      );
      return {
        condition: () => this.visit([condition], inner)[0],
        next: () =>
          this.visit(
            variables.map(({ next }) => next),
            inner,
          ),
      };
    };
    const carried = variables.map(
      ({ initial, next, switches }): Carried => ({
        initial: scope.valueOf(initial, quoted(node.name)),
        isKept: switches.includes(this.#origin(next, scope.region).node),
      }),
    );
    const last = loop(carried, round, this.#context(node));
    return variables.flatMap(({ exits }, i) => exits.map((exit): [string, Results] => [exit, [last[i]]]));
  }

  /** All that joins the branches of one condition, as far as one does not need the other. */
  #joints(joint: Joint, node: OpNode, scope: Scope): [string, Results][] {
    const { region } = scope;
    const group = [...region.structure.joints.values()].filter(
      (one) =>
        one.key === joint.key &&
        region.needed.has(one.merge) &&
        scope.homeOf(one.merge) === scope &&
        !scope.values.has(one.merge) &&
        (one === joint || !this.#depends(one, joint, region)),
    );
    const predicate = scope.valueOf(joint.predicate, quoted(node.name));
    const results = branch(
      predicate,
      sides.map((side) => () => {
        const extent = { kind: 'side', key: joint.key, side } as const;
        const inner = new Scope(region, this.#builder.list, new Map(), extent, scope);
        return this.visit(
          group.map(({ branches }) => branches[side]),
          inner,
        );
      }),
      this.#context(node),
    );
    return group.map(({ merge }, i): [string, Results] => [merge, [results[i]]]);
  }

  /** Whether one needs another of the same condition, in whichever direction. */
  #depends(a: Joint, b: Joint, { nodes, source }: Region): boolean {
    const behind = ({ merge }: Joint) => neededFor([{ node: merge, index: 0 }], nodes, new Set(), source);
    return behind(a).has(b.merge) || behind(b).has(a.merge);
  }

  #while(node: OpNode, inputs: readonly Value[]): Results {
    const [condition, body] = ['cond', 'body'].map((key) => this.#called(node, key, inputs.length));
    const round = (states: readonly Value[]) => ({
      condition: () => this.#call(condition, states)[0],
      next: () => this.#call(body, states),
    });
    const carried = inputs.map((initial, i): Carried => {
      const { node: origin } = this.#origin(body.outputs[i], body.region);
      return { initial, isKept: origin === body.inputs[i] };
    });
    return loop(carried, round, this.#context(node));
  }

  #if(node: OpNode, [predicate, ...inputs]: readonly Value[]): Results {
    const called = ['then_branch', 'else_branch'].map((key) => this.#called(node, key, inputs.length));
    return branch(
      predicate,
      called.map((one) => () => this.#call(one, inputs)),
      this.#context(node),
    );
  }

  #called(node: OpNode, key: string, count: number): Called {
    const name = node.attributes.function(key);
    const { nodes, inputs, outputs } = this.#model.functions.get(name)!;
    const { source } = this.#model;
    if (inputs.length !== count) {
      throw this.#context(node).unsupported(`${count} values for the ${inputs.length} of ${quoted(name)}`);
    }
    let region = this.#functions.get(name);
    if (!region) {
      const needed = neededFor(outputs, nodes, new Set(inputs), source);
      region = { source, nodes, needed, structure: structureOf(nodes, source) };
      this.#functions.set(name, region);
    }
    return { region, inputs, outputs };
  }

  #call({ region, inputs, outputs }: Called, given: readonly Value[]): Value[] {
    const values = new Map(inputs.map((name, i): [string, Results] => [name, [given[i]]]));
    return this.visit(outputs, new Scope(region, this.#builder.list, values));
  }

  /** Where a tensor comes from that is only passed on. */
  #origin(tensor: TensorName, { nodes }: Region): TensorName {
    let current = tensor;
    for (let node = nodes.get(tensor.node); node; node = nodes.get(current.node)) {
      if (node.operator !== 'Identity' && node.operator !== 'NextIteration') break;
      [current] = node.inputs;
    }
    return current;
  }

  #context({ name, operator }: OpNode) {
    const builder = this.#builder;
    return {
      builder,
      path: name,
      known: (value: Value) => this.#converters.known(value),
      unsupported: (what: string) =>
        new UserError(
          `the node ${quoted(name)} of operator ${operator} in ${this.#model.source} cannot be exported to ONNX`,
          { received: what, remedy: 'change the model' },
        ),
    };
  }
}
