import type { NodeBuilder, Value } from '../../../src/onnx/converter.ts';

/** Some extents of a shape: as numbers where they are known, else an int64 vector that is read as the graph runs. */
type Extents = readonly number[] | Value;

/** Extents of a value that is stored in tfjs's order. */
export function extentsOf(x: Value, start: number, end: number, graph: NodeBuilder): Extents {
  const extents = x.shape.slice(start, end);
  if (extents.every((extent) => extent !== null)) return extents;
  return graph.node('Shape', [x], { attributes: { start, end }, dtype: 'int64', shape: [extents.length] });
}

/** Extents one after the other as one vector: the target of a Reshape or Resize. */
export function joinExtents(parts: readonly Extents[], graph: NodeBuilder): Value {
  const pieces: (number[] | Value)[] = [];
  for (const part of parts) {
    const last = pieces.at(-1);
    if ('name' in part) pieces.push(part);
    else if (Array.isArray(last)) last.push(...part);
    else if (part.length > 0) pieces.push([...part]);
  }
  const vectors = pieces.map((piece) => (Array.isArray(piece) ? graph.constant(piece) : piece));
  if (vectors.length === 1) return vectors[0];
  const length = vectors.reduce((sum, { shape }) => sum + shape[0]!, 0);
  return graph.node('Concat', vectors, { attributes: { axis: 0 }, shape: [length] });
}

/** Zeros of the batch's size and of known extents. */
export function zerosPerSample(x: Value, extents: readonly number[], graph: NodeBuilder): Value {
  const shape = joinExtents([extentsOf(x, 0, 1, graph), extents], graph);
  return graph.node('ConstantOfShape', [shape], { dtype: 'float32', shape: [x.shape[0], ...extents] });
}

/** [N, T, …] → [N·T, …]: every step as a sample of its own. */
export function stepsAsSamples(x: Value, graph: NodeBuilder): Value {
  const rest = x.shape.slice(2);
  const target = joinExtents([[-1], extentsOf(x, 2, x.shape.length, graph)], graph);
  return graph.node('Reshape', [x, target], { shape: [null, ...rest] });
}

/** [N·T, …] → [N, T, …], with N and T of `like`. */
export function samplesAsSteps(y: Value, like: Value, graph: NodeBuilder): Value {
  const [batch, steps] = like.shape;
  const rest = y.shape.slice(1);
  const tail = extentsOf(y, 1, y.shape.length, graph);
  const target =
    steps === null
      ? joinExtents([extentsOf(like, 0, 2, graph), tail], graph)
      : joinExtents([[-1, steps], tail], graph);
  return graph.node('Reshape', [y, target], { shape: [batch, steps, ...rest] });
}

/** A sequence [N, T, …] from its last step to its first. */
export function reverseTime(x: Value, graph: NodeBuilder): Value {
  const [starts, ends, axis] = [graph.constant([-1]), graph.constant([-(2 ** 31)]), graph.constant([1])];
  return graph.node('Slice', [x, starts, ends, axis, graph.constant([-1])]);
}
