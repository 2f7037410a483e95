import { type Shape, type ShapeRule, unknown, type ValueFacts } from './node-call.ts';

/** What both branches agree on; the dearer one counts. */
const conditional: ShapeRule = (call) => {
  const [then, other] = ['then_branch', 'else_branch'].map((name) => call.enter(call.graph(name), []));
  const [most, least] = [then.multiplyAdds, other.multiplyAdds];
  call.inside = most === null || least === null ? null : Math.max(most, least);
  return then.outputs.map(({ shape }, i) => ({ shape: agreement(shape, other.outputs[i]?.shape ?? null) }));
};

function agreement(a: Shape | null, b: Shape | null): Shape | null {
  if (!a || !b || a.length !== b.length) return null;
  return a.map((extent, axis) => (extent === b[axis] ? extent : null));
}

/** States go round; every other input is cut into steps along its axis, and every other result stacked along its own. */
const scan: ShapeRule = (call) => {
  // Before operator set 9 it had a batch axis of its own.
  if (call.opset < 9) unknown();
  const body = call.graph('body');
  const sequences = call.integer('num_scan_inputs', 1);
  const states = call.inputs.length - sequences;
  const axes = call.integers('scan_input_axes') ?? Array(sequences).fill(0);
  const along = (shape: Shape, axis: number) => (axis < 0 ? axis + shape.length : axis);
  let steps: number | null = null;
  const inputs = call.inputs.map((input, i): ValueFacts => {
    if (i < states) return { shape: input?.shape ?? null };
    const shape = call.shape(i);
    const axis = along(shape, axes[i - states]);
    steps ??= shape[axis];
    return { shape: shape.filter((_, at) => at !== axis) };
  });
  const { outputs, multiplyAdds } = call.enter(body, inputs);
  call.inside =
    multiplyAdds === 0 ? 0 : multiplyAdds === null || steps === null ? null : multiplyAdds * steps;
  const outputAxes = call.integers('scan_output_axes') ?? [];
  return outputs.map(({ shape }, i) => {
    if (!shape || i < states) return { shape };
    const axis = outputAxes[i - states] ?? 0;
    return { shape: shape.toSpliced(axis < 0 ? axis + shape.length + 1 : axis, 0, steps) };
  });
};

/** The values that go round may change their shapes from step to step, so only those of the stacked results' elements are known. */
const loop: ShapeRule = (call) => {
  const body = call.graph('body');
  const carried = call.inputs.length - 2;
  const { outputs, multiplyAdds } = call.enter(body, [
    { shape: [] },
    { shape: [] },
    ...Array.from({ length: carried }, () => ({ shape: null })),
  ]);
  const times = call.inputs[0]?.values?.[0] ?? null;
  call.inside =
    multiplyAdds === 0 ? 0 : multiplyAdds === null || times === null ? null : multiplyAdds * times;
  if (outputs.length < 1 + carried) unknown();
  return outputs
    .slice(1)
    .map(({ shape }, i) => ({ shape: shape && i >= carried ? [null, ...shape] : shape }));
};

/** Operators that hold graphs. */
export const controlFlowRules: Readonly<Record<string, ShapeRule>> = {
  If: conditional,
  Scan: scan,
  Loop: loop,
};
