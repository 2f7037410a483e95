/** The loops and branches of TensorFlow's first kind of control flow, found in a graph that has them as plain nodes. */
import { quoted, UserError } from '../../../src/core/errors.ts';
import type { OpNode, TensorName } from '../op-node.ts';

/** A frame: what runs again and again. */
export interface Loop {
  readonly name: string;
  readonly variables: readonly LoopVariable[];
  readonly condition: TensorName;
  /** Names of nodes that depend on what the loop carries. */
  readonly inside: ReadonlySet<string>;
}

export interface LoopVariable {
  readonly enter: string;
  /** What it is before the first round. */
  readonly initial: TensorName;
  /** Where it is seen from inside. */
  readonly merge: string;
  readonly switches: readonly string[];
  /** What it is after a round. */
  readonly next: TensorName;
  readonly exits: readonly string[];
}

/** Where two branches join. */
export interface Joint {
  readonly merge: string;
  readonly predicate: TensorName;
  /** The same for all that join the branches of one condition. */
  readonly key: string;
  readonly branches: Readonly<Record<Side, TensorName>>;
}

export type Side = 'false' | 'true';

/** For each condition that a node depends on, the side on which there is anything of it. */
export type Guards = ReadonlyMap<string, Side>;

export interface Structure {
  /** By the names of their exits. */
  readonly loops: ReadonlyMap<string, Loop>;
  /** By the names of their merges. */
  readonly joints: ReadonlyMap<string, Joint>;
  guardsOf(name: string): Guards;
}

const none: Guards = new Map();

type Nodes = ReadonlyMap<string, OpNode>;

/** @throws UserError for a loop without a condition, or a merge of what are no two branches of one */
export function structureOf(nodes: Nodes, source: string): Structure {
  const users = usersOf(nodes);
  const loops = findLoops(nodes, users, source);
  const variables = new Map(
    loops.flatMap((loop) => loop.variables).map((variable) => [variable.merge, variable]),
  );
  const { guards, joints } = findJoints(nodes, variables);
  return {
    loops: new Map(
      loops.flatMap((loop) =>
        loop.variables.flatMap(({ exits }) => exits.map((exit) => [exit, loop] as const)),
      ),
    ),
    joints,
    guardsOf: (name) => guards.get(name) ?? none,
  };
}

function usersOf(nodes: Nodes): Map<string, OpNode[]> {
  const users = new Map<string, OpNode[]>();
  for (const node of nodes.values()) {
    for (const input of new Set(node.inputs.map((one) => one.node))) {
      const list = users.get(input);
      if (list) list.push(node);
      else users.set(input, [node]);
    }
  }
  return users;
}

function findLoops(nodes: Nodes, users: ReadonlyMap<string, OpNode[]>, source: string): Loop[] {
  const frames = new Map<string, OpNode[]>();
  for (const node of nodes.values()) {
    if (node.operator !== 'Enter') continue;
    const frame = node.attributes.text('frame_name');
    frames.set(frame, [...(frames.get(frame) ?? []), node]);
  }
  const usedAs = (name: string, operator: string) =>
    (users.get(name) ?? []).filter((user) => user.operator === operator);
  return [...frames].map(([name, enters]) => {
    let condition: TensorName | undefined;
    const variables = enters.flatMap((enter): LoopVariable[] => {
      const [merge] = usedAs(enter.name, 'Merge');
      const next = merge?.inputs
        .map((input) => nodes.get(input.node))
        .find((node) => node?.operator === 'NextIteration');
      if (!merge || !next) return [];
      const switches = usedAs(merge.name, 'Switch').filter(({ inputs }) => {
        const decider = nodes.get(inputs[1].node);
        if (decider?.operator === 'LoopCond') condition ??= decider.inputs[0];
        return decider?.operator === 'LoopCond';
      });
      const exits = switches.flatMap((one) => usedAs(one.name, 'Exit'));
      const namesOf = (list: readonly OpNode[]) => list.map((one) => one.name);
      return [
        {
          ...{ enter: enter.name, initial: enter.inputs[0], merge: merge.name, next: next.inputs[0] },
          ...{ switches: namesOf(switches), exits: namesOf(exits) },
        },
      ];
    });
    if (!condition) {
      throw new UserError(`loops of ${source} must have a condition`, {
        received: `none in ${quoted(name)}`,
        remedy: 'convert the model again',
      });
    }
    return { name, variables, condition, inside: inside(variables, users) };
  });
}

/** All that depends on the variables, as far as the loop's exits. */
function inside(variables: readonly LoopVariable[], users: ReadonlyMap<string, OpNode[]>): Set<string> {
  const exits = new Set(variables.flatMap((variable) => variable.exits));
  const found = new Set(variables.map(({ merge }) => merge));
  // What is added is visited too.
  for (const name of found) {
    for (const user of users.get(name) ?? []) if (!exits.has(user.name)) found.add(user.name);
  }
  return found;
}

function findJoints(nodes: Nodes, variables: ReadonlyMap<string, LoopVariable>) {
  const guards = new Map<string, Guards>();
  const joints = new Map<string, Joint>();
  const isLoops = ({ operator, inputs }: OpNode) =>
    operator === 'Switch' && nodes.get(inputs[1]?.node)?.operator === 'LoopCond';

  const guardsThrough = ({ node: name, index }: TensorName): Guards => {
    const known = guards.get(name) ?? none;
    const node = nodes.get(name);
    if (node?.operator !== 'Switch' || isLoops(node)) return known;
    return new Map([...known, [keyOf(node.inputs[1], nodes), index === 1 ? 'true' : 'false']]);
  };
  for (const node of inOrder(nodes, variables)) {
    const data = dataInputs(node, variables).map(guardsThrough);
    if (node.operator === 'Merge' && !variables.has(node.name)) {
      const [common, joint] = joined(node, data, nodes);
      guards.set(node.name, common);
      if (joint) joints.set(node.name, joint);
      continue;
    }
    const controls = node.controls.map((name) => guards.get(name) ?? none);
    const all = [...data, ...controls].filter(({ size }) => size > 0);
    if (all.length > 0) guards.set(node.name, new Map(all.flatMap((one) => [...one])));
  }
  return { guards, joints };
}

/** What holds behind a merge, and what it joins. */
function joined(node: OpNode, [a, b]: readonly Guards[], nodes: Nodes): [Guards, Joint | undefined] {
  const opposed = [...(a ?? none)].find(([key, side]) => b?.has(key) && b.get(key) !== side);
  if (!opposed) return [none, undefined];
  const [key, side] = opposed;
  const common = new Map([...a].filter(([one, its]) => b.get(one) === its));
  const [first, second] = node.inputs;
  const branches = side === 'true' ? { true: first, false: second } : { true: second, false: first };
  const predicate = nodes.get(key.slice(0, key.lastIndexOf(':')))!;
  const index = Number(key.slice(key.lastIndexOf(':') + 1));
  return [common, { merge: node.name, key, branches, predicate: { node: predicate.name, index } }];
}

/** A condition by the tensor that it is, whatever passes it on. */
function keyOf(tensor: TensorName, nodes: Nodes): string {
  let { node, index } = tensor;
  for (let found = nodes.get(node); found?.operator === 'Identity'; found = nodes.get(node)) {
    [{ node, index }] = found.inputs;
  }
  return `${node}:${index}`;
}

/** Without the way back of a loop. */
function dataInputs(node: OpNode, variables: ReadonlyMap<string, LoopVariable>): readonly TensorName[] {
  const variable = variables.get(node.name);
  return variable ? node.inputs.filter((input) => input.node === variable.enter) : node.inputs;
}

/** Nodes after those that they depend on. */
function inOrder(nodes: Nodes, variables: ReadonlyMap<string, LoopVariable>): OpNode[] {
  const order: OpNode[] = [];
  const state = new Map<string, 'open' | 'done'>();
  for (const start of nodes.keys()) {
    const stack = [start];
    while (stack.length > 0) {
      const name = stack.at(-1)!;
      const node = nodes.get(name);
      const isNew = !state.has(name);
      if (node && isNew) {
        state.set(name, 'open');
        const before = [...dataInputs(node, variables).map((input) => input.node), ...node.controls];
        const waiting = before.filter((one) => !state.has(one));
        stack.push(...waiting);
        if (waiting.length > 0) continue;
      }
      stack.pop();
      if (node && state.get(name) !== 'done') order.push(node);
      state.set(name, 'done');
    }
  }
  return order;
}
