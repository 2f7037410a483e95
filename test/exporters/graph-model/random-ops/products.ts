import { type Draw, type Generate, under } from './draw.ts';
import { fusedTail } from './fused.ts';

/** [rows, columns] or the other way round. */
function turned(shape: readonly number[], isTurned: boolean): number[] {
  return isTurned ? [...shape.slice(0, -2), ...shape.slice(-2).reverse()] : [...shape];
}

/** A matrix that a constant or a value holds. */
function matrix(draw: Draw, shape: readonly number[]): string {
  return draw.chance(0.6) ? draw.constant(shape) : draw.value(shape, { open: [] });
}

const matMul = (isFused: boolean): Generate => {
  return (draw, operator) => {
    const [rows, inner, columns] = [1, 1, 1].map((low) => draw.from(low, 6));
    const [transpose_a, transpose_b] = [draw.chance(0.3), draw.chance(0.5)];
    const a = draw.value(turned([rows, inner], transpose_a));
    const b = matrix(draw, turned([inner, columns], transpose_b));
    const [extras, options] = isFused ? fusedTail(draw, columns, { needsBias: true }) : [[], {}];
    return draw.graph.op(operator, [a, b, ...extras], { transpose_a, transpose_b, ...options });
  };
};

/** Matrices in up to three axes, of which one side may lack some or have one element. */
const batchMatMul: Generate = (draw, operator) => {
  const [rows, inner, columns] = [1, 1, 1].map((low) => draw.from(low, 4));
  const batch = draw.shape(draw.from(1, 2));
  const other = draw
    .pick([batch, batch.map(() => 1), batch.slice(1)])
    .slice(operator === 'BatchMatMul' ? 0 : draw.from(0, 1));
  const [adj_x, adj_y] = [draw.chance(0.3), draw.chance(0.3)];
  const a = draw.value(turned([...batch, rows, inner], adj_x));
  const b = matrix(draw, turned([...(operator === 'BatchMatMul' ? batch : other), inner, columns], adj_y));
  return draw.graph.op(operator, [a, b], { adj_x, adj_y });
};

/** Letters for axes: some in both, some in one, some of each summed over. */
const einsum: Generate = (draw, operator) => {
  const letters = draw.rng.shuffle([...'abcde']);
  const extents = Object.fromEntries(letters.map((letter) => [letter, draw.from(1, 4)]));
  const left = letters.slice(0, draw.from(2, 4));
  const shared = left.slice(0, draw.from(1, left.length));
  const right = draw.rng.shuffle([...shared, ...letters.slice(4)]);
  const all = [...new Set([...left, ...right])];
  const result = draw.rng.shuffle(all.filter((letter) => !shared.includes(letter) || draw.chance(0.4)));
  const shapeOf = (terms: readonly string[]) => terms.map((letter) => extents[letter]);
  const equation = `${left.join('')},${right.join('')}->${result.join('')}`;
  const inputs = [draw.value(shapeOf(left), { open: [] }), matrix(draw, shapeOf(right))];
  return draw.graph.op(operator, inputs, { equation, N: 2 });
};

export const products: Readonly<Record<string, Generate>> = {
  MatMul: matMul(false),
  _FusedMatMul: matMul(true),
  ...under(['BatchMatMul', 'BatchMatMulV2'], batchMatMul),
  Einsum: einsum,
};
