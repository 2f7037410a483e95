import { UserError } from '../src/core/errors.ts';
import { largestDifference } from '../src/core/largest-difference.ts';
import type { Classifier } from '../src/runtime/classifier.ts';
import type { LoadedBundle } from './load-bundle.ts';

/**
 * Runs a bundle's golden inputs and compares what comes out. Some providers are wrong without saying so (WebGPU
 * for convolutions of some channel counts), so none is believed before this.
 *
 * @returns the largest difference found
 * @throws UserError when it exceeds the tolerance that the manifest gives
 */
export async function verifyGolden(classifier: Classifier, golden: LoadedBundle['golden']): Promise<number> {
  const { inputs, outputs, name, golden: stated } = classifier.manifest;
  const map = outputs.find(({ role }) => role === 'map')?.name;
  const names = [...inputs.map((input) => input.name), 'probabilities'];
  if (names.some((needed) => !golden[needed])) {
    throw new UserError(
      `the golden file of ${name} must hold ${names.join(', ').replace(/, ([^,]*)$/, ' and $1')}`,
      {
        received: Object.keys(golden).join(', ') || 'nothing',
        remedy: 'export the bundle again',
      },
    );
  }
  const given = Object.fromEntries(inputs.map((input) => [input.name, golden[input.name]]));
  const { probabilities, attention } = await classifier.run(given);
  const expected = map === undefined ? undefined : golden[map];
  const worst = Math.max(
    largestDifference(probabilities, golden.probabilities.data),
    attention && expected ? largestDifference(attention.data, expected.data) : 0,
  );
  if (!(worst <= stated.tolerance)) {
    throw new UserError(`${classifier.provider} computes ${name} otherwise than its export did`, {
      received: `a difference of ${worst.toPrecision(2)}`,
    });
  }
  return worst;
}
