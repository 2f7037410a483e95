import type { PrecisionCost } from '../src/bundle/manifest.ts';

const percent = (rate: number) => (100 * rate).toFixed(1);

/** The cost as lines of a table: what was measured, at float32 and here. */
export function costRows(cost: PrecisionCost): string[][] {
  const { meanDifference, maxDifference, bytesRatio, speedRatio, processor, f1, calibration } = cost;
  return [
    ['Bytes', `÷ ${bytesRatio.toFixed(2)}`],
    [`Speed, onnxruntime-node on ${processor ?? 'a CPU'}`, `× ${speedRatio.toFixed(2)}`],
    [
      'Difference of probabilities, mean and largest',
      `${meanDifference.toExponential(1)}, ${maxDifference.toExponential(1)}`,
    ],
    ...(f1
      ? [
          [
            `F1 on ${f1.samples} samples of ${f1.split}`,
            `${percent(f1.float32)} → ${percent(f1.here)} (${(100 * (f1.here - f1.float32)).toFixed(2)})`,
          ],
        ]
      : []),
    ...(calibration
      ? [
          [
            `Convolutions in 8 bits, ${calibration.method} over ${calibration.samples} of ${calibration.split}`,
            `${calibration.layers} of ${calibration.layers + calibration.inFloat.length}`,
          ],
        ]
      : []),
  ];
}
