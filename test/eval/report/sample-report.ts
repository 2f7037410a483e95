import { type ReportData, writeReport } from '../../../eval/report/index.ts';
import { buildResult } from '../../../eval/result.ts';
import type { BundleManifest } from '../../../src/bundle/manifest.ts';
import type { RgbImage } from '../../../src/image/image.ts';
import { encodeJpeg } from '../../../src/node/image-file.ts';

const names = ['adult-walking', 'cat-<none>', 'dog-running', 'bird-flying'];

/** Four samples of four labels; the last label does not occur. */
const truth = Uint8Array.from([1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 1, 0, 1, 0]);
const members = [
  { name: 'one', probabilities: [0.9, 0, 0, 0, 0.8, 0.2, 0, 0, 0.7, 0, 0.6, 0, 0.1, 0, 0.9, 0] },
  { name: 'two', probabilities: [0.6, 0, 0, 0, 0.9, 0.7, 0, 0, 0, 0, 0.9, 0, 0.8, 0, 0.9, 0.6] },
];

/** A grey ramp, 40 × 30. */
export const ramp: RgbImage = {
  width: 40,
  height: 30,
  data: Uint8Array.from({ length: 40 * 30 * 3 }, (_, i) => (Math.floor(i / 3) % 40) * 6),
};

/** Everything that a report can show, with numbers that are easily worked out by hand. */
export async function sampleReport(): Promise<ReportData> {
  const { result } = await buildResult(
    {
      dataset: 'Tiny & <small>',
      split: 'val',
      labels: { name: 'four', task: 'multi-label', names, codes: [1, 2, 3, 4] },
      samples: 4,
      truth,
      broken: [],
      versions: { actionnx: '0.0.0' },
    },
    members.map(({ name, probabilities }) => ({
      manifest: {
        name,
        task: { kind: 'multi-label', threshold: 0.5 },
        graph: { sha256: name.repeat(8) },
      } as BundleManifest,
      bundle: `bundles/${name}`,
      provider: 'cpu' as const,
      probabilities: Float32Array.from(probabilities),
    })),
    { rule: 'vote-average', weights: [1, 3], from: 'val' },
  );
  const training = members.map(({ name }, k) => ({
    system: name,
    epochs: [0.2, 0.5, 0.4].map((f1, i) => ({ epoch: i + 1, loss: 3 - i, f1: f1 + k / 10 })),
  }));
  return {
    result,
    training,
    errorsOf: 'ensemble',
    errors: [
      {
        id: 'v_1/00012',
        image: ramp,
        truth: ['adult-walking', 'cat-<none>'],
        predicted: [
          { label: 'dog-running', probability: 0.71 },
          { label: 'adult-walking', probability: 0.56 },
        ],
        f1: 0.5,
      },
    ],
    command: 'actionnx eval bundles/one bundles/two --data "a & b"',
    created: '2025-01-02T03:04:05.000Z',
  };
}

export async function writeSampleReport(folder: string, changes: Partial<ReportData> = {}): Promise<string> {
  return writeReport(folder, { ...(await sampleReport()), ...changes }, encodeJpeg);
}
