import type { NodeWriter } from '../../src/onnx/node-writer.ts';

/**
 * What presence is more likely by than absence.
 *
 * @param densities their logs, float64 [N, 2 · labels]: absence and presence of each label in turn
 * @returns the value of the differences, float64 [N, labels]
 */
export function logRatiosInOnnx(graph: NodeWriter, densities: string, labels: number): string {
  const matrix = Array.from({ length: 2 * labels * labels }, (_, i) => {
    const [density, label] = [Math.floor(i / labels), i % labels];
    if (Math.floor(density / 2) !== label) return 0;
    return density % 2 === 0 ? -1 : 1;
  });
  const differences = graph.doubles('combine.differences', [2 * labels, labels], matrix);
  return graph.add('MatMul', 'combine.ratios', [densities, differences]);
}
