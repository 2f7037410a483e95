import type { Bundle } from '../../src/bundle/manifest.ts';
import { UserError } from '../../src/core/errors.ts';
import { largestDifference } from '../../src/core/largest-difference.ts';
import { sizeOf, type Tensor, tensor } from '../../src/core/tensor.ts';
import { openBundle } from '../../src/runtime/open-bundle.ts';
import type { InferenceSession } from '../../src/runtime/session.ts';
import { goldenInputs } from '../golden.ts';
import { type VerificationTarget, verificationTolerance } from '../onnx/verify.ts';

/** A graph of a repository against the bundle's own, in one runtime. */
export interface GraphCheck {
  readonly file: string;
  readonly runtime: string;
  readonly version: string;
  /** Largest absolute difference of probabilities. */
  readonly maxDifference: number;
}

/**
 * Runs a repository's graph and the bundle's on the same frames and compares their probabilities.
 *
 * @throws UserError when they differ by more than the tolerance of an export
 */
export async function checkGraph(
  file: string,
  graph: Uint8Array,
  bundle: Bundle,
  { runtime, provider }: VerificationTarget,
): Promise<GraphCheck> {
  const inputs = goldenInputs(bundle.manifest.inputs);
  const [frames] = Object.values(inputs);
  const run = async (open: Promise<InferenceSession>, inputs: Record<string, Tensor>, output: string) => {
    const session = await open;
    try {
      return (await session.run(inputs))[output].data;
    } finally {
      await session.release();
    }
  };
  const expected = await run(openBundle(bundle, runtime, { provider }), inputs, 'probabilities');
  const logits = await run(
    runtime.open(graph, { provider }),
    { pixel_values: pixelValues(frames) },
    'logits',
  );
  const answered = Float64Array.from(logits, (logit) => 1 / (1 + Math.exp(-logit)));
  const maxDifference = largestDifference(answered, expected);
  if (maxDifference > verificationTolerance) {
    throw new UserError(`${file} must answer as the bundle's graph does, within ${verificationTolerance}`, {
      received: `a difference of ${maxDifference.toExponential(1)} on ${runtime.name}`,
      remedy: 'nothing was written; report it with the bundle',
    });
  }
  return { file, runtime: runtime.name, version: runtime.version, maxDifference };
}

/** uint8 [..., H, W, 3] → float32 [..., 3, H, W], the same levels. */
function pixelValues({ data, shape }: Tensor): Tensor {
  const [height, width] = shape.slice(-3);
  const pixels = height * width;
  const result = new Float32Array(sizeOf(shape));
  for (let at = 0; at < data.length; at += 3 * pixels) {
    for (let i = 0; i < pixels; i++) {
      for (let channel = 0; channel < 3; channel++) {
        result[at + channel * pixels + i] = data[at + i * 3 + channel];
      }
    }
  }
  return tensor(result, [...shape.slice(0, -3), 3, height, width]);
}
