import type { Value } from '../../../src/onnx/converter.ts';
import { type Context, common, innerGraph, plain } from './branch.ts';
import { isList } from './list.ts';

/** What a loop carries from round to round. */
export interface Carried {
  readonly initial: Value;
  /** It is handed on as it is: it does not change. */
  readonly isKept: boolean;
}

/** One round from given states: whether there is one, and the states after it. */
export type Round = (states: readonly Value[]) => { condition(): Value; next(): Value[] };

/** Loops of no more rounds than this, known while exporting, are written round by round. */
const mostRounds = 32;
/** They may come to no more nodes than this. */
const mostNodes = 4000;
/** How often the shapes of what is carried may turn out to be less certain than thought. */
const mostAttempts = 16;

/** The last states of a loop. */
export function loop(carried: readonly Carried[], round: Round, context: Context): Value[] {
  return unrolled(carried, round, context) ?? rolled(carried, round, context);
}

/** Round by round, where the condition is known in each of them; undefined where it is not, or there are too many. */
function unrolled(carried: readonly Carried[], round: Round, context: Context): Value[] | undefined {
  const { nodes } = context.builder.list;
  const before = nodes.length;
  let states = carried.map(({ initial }) => initial);
  for (let rounds = 0; ; rounds++) {
    const { condition, next } = round(states);
    const goesOn = context.known(condition());
    if (goesOn === 0) return states;
    // What has been written for nothing leads nowhere, and is dropped in the end.
    if (goesOn === undefined || rounds === mostRounds || nodes.length - before > mostNodes) return undefined;
    states = next();
  }
}

/** As a Loop of ONNX. */
function rolled(carried: readonly Carried[], round: Round, context: Context): Value[] {
  const { builder, path } = context;
  const initials = carried.map(({ initial, isKept }) => (isKept ? initial : plain(initial, context)));
  const moving = [...carried.keys()].filter((i) => !carried[i].isKept);
  const condition = asCondition(round(initials).condition(), context);
  const name = builder.freeName(`${path}/Loop`);
  let params: Value[] = moving.map((i) => ({ ...initials[i], name: builder.freeName(`${name}.state`) }));
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    const list = builder.innerList();
    const states = initials.map((initial, i) => (carried[i].isKept ? initial : params[moving.indexOf(i)]));
    const { next, goesOn } = builder.into(list, () => {
      const after = round(states).next();
      const all = after.map((value, i) => (carried[i].isKept ? initials[i] : plain(value, context)));
      const again = asCondition(round(all).condition(), context);
      return { next: moving.map((i) => all[i]), goesOn: again };
    });
    const expected = params.map((param, i) => common(param, next[i], context));
    if (expected.some((value, i) => !isSame(value, params[i]))) {
      params = expected;
      continue;
    }
    const counter: Value = {
      name: builder.freeName(`${name}.round`),
      dtype: 'int64',
      shape: [],
      layout: 'tfjs',
    };
    const flag: Value = { ...counter, name: builder.freeName(`${name}.goes_on`), dtype: 'bool' };
    const body = builder.into(list, () =>
      innerGraph(`${name}.body`, [counter, flag, ...params], [goesOn, ...next], context),
    );
    const outputs = params.map((param) => ({ ...param, name: builder.freeName(`${name}.last`) }));
    builder.push({
      ...{ name, operator: 'Loop', attributes: { body: { graph: body } } },
      inputs: ['', condition.name, ...moving.map((i) => initials[i].name)],
      outputs: outputs.map((output) => output.name),
    });
    return initials.map((initial, i) => (carried[i].isKept ? initial : outputs[moving.indexOf(i)]));
  }
  throw context.unsupported('values whose shapes follow no rule from round to round');
}

function asCondition(value: Value, context: Context): Value {
  if (value.dtype === 'bool' && value.shape.length === 0) return value;
  throw context.unsupported(`a condition that is ${value.dtype} of rank ${value.shape.length}`);
}

function isSame(a: Value, b: Value): boolean {
  const shape = (value: Value) => (isList(value) ? value.element : value.shape);
  return JSON.stringify(shape(a)) === JSON.stringify(shape(b));
}
