import { type AttributeList, f } from '../graph-def.ts';
import type { Draw } from './draw.ts';

const activations = ['Relu', 'Relu6', 'Elu', 'Sigmoid', 'LeakyRelu', 'Prelu'];

/** What a fused operator does after its product: an activation at times, after a bias or none; and what these take. */
export function fusedTail(
  draw: Draw,
  channels: number,
  { needsBias = false, isLeaky = true } = {},
): [string[], AttributeList] {
  const known = activations.filter((name) => isLeaky || name !== 'LeakyRelu');
  const activation = draw.chance(0.8) ? draw.pick(known) : undefined;
  const first = needsBias || draw.chance(0.8) ? 'BiasAdd' : 'NoOp';
  const fused_ops = [first, ...(activation ? [activation] : [])];
  const vectors = fused_ops.filter((name) => name === 'BiasAdd' || name === 'Prelu');
  const alpha = draw.chance(0.3) ? undefined : f(draw.rng.uniform(0, 0.5));
  return [
    vectors.map(() => draw.constant([channels])),
    { fused_ops, num_args: vectors.length, ...(alpha && { leakyrelu_alpha: alpha }) },
  ];
}
