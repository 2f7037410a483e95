import { usageError } from '../../src/core/errors.ts';
import { findModelJson } from './exportable-model.ts';
import { type Flag, type Form, type GivenArguments, givenFlags } from './options.ts';

/** What is made of what, as far as it decides which flags have an effect. */
type Product =
  | 'bundle of a run'
  | 'bundle of a model'
  | 'graft'
  | 'ensemble'
  | 'file'
  | 'weights of a run'
  | 'weights of a model'
  | 'hf'
  | 'triton';

/** Where a flag has an effect, and how a message says that. */
interface Use {
  readonly called: string;
  readonly products: readonly Product[];
}

const labelled: Use = { called: 'bundles of tfjs models', products: ['bundle of a model', 'graft'] };
const quantized: Use = {
  called: 'bundles of runs and tfjs models',
  products: ['bundle of a run', ...labelled.products],
};
const bundles: Use = { called: 'bundles', products: [...quantized.products, 'ensemble'] };
const computed: Use = {
  called: 'what tfjs computes',
  products: [...quantized.products, 'file', 'weights of a run', 'weights of a model'],
};
const grafts: Use = { called: '--graft', products: ['graft'] };

/** Flags that are not here have an effect everywhere. */
const uses: { readonly [Name in Exclude<Flag, 'to' | 'out' | 'json'>]: Use } = {
  ensemble: { called: 'bundles of several systems', products: ['ensemble'] },
  graft: { called: 'bundles of a backbone with a head', products: ['graft'] },
  ...{ at: grafts, head: grafts },
  inputs: { called: 'plain .onnx files', products: ['file'] },
  checkpoint: { called: 'runs', products: ['bundle of a run', 'weights of a run'] },
  ...{ name: bundles, threshold: bundles },
  ...{ labels: labelled, mean: labelled, std: labelled, speed: labelled },
  ...{ import: computed, backend: computed },
  tolerance: {
    called: 'what is compared with tfjs',
    products: [...quantized.products, 'file'],
  },
  'external-data': { called: 'bundles and plain .onnx files', products: [...bundles.products, 'file'] },
  target: { called: 'runs and tfjs models', products: ['bundle of a run', 'bundle of a model', 'file'] },
  precision: { called: 'runs and tfjs models', products: [...quantized.products, 'file'] },
  ...{ calibrate: quantized, 'calibration-split': quantized, 'calibration-samples': quantized },
  ...{ calibration: quantized, 'measure-split': quantized, 'max-f1-loss': quantized, cache: quantized },
};

/** @throws UserError (exit 2) for a flag that would have no effect */
export async function requireEffect(form: Form, given: GivenArguments): Promise<void> {
  const product = await productOf(form, given);
  if (product === undefined) return;
  const flags = givenFlags(given);
  for (const flag of flags) {
    const use: Use | undefined = uses[flag as keyof typeof uses];
    if (!use || use.products.includes(product)) continue;
    throw usageError(`--${flag} is for ${use.called}`, {
      received: received(product, given),
      remedy: remedy(use, product, given),
    });
  }
  // Below float32 a bundle's graph answers for itself; a plain file's is compared at float32 first.
  const { precision = 'fp32' } = given;
  if (product !== 'file' && precision !== 'fp32' && flags.includes('tolerance')) {
    throw usageError('--tolerance is for bundles in fp32', { received: `--precision ${precision}` });
  }
  requireCalibration(flags, given);
}

/** What is made; undefined where the sources do not fit, which is said by whoever opens them. */
async function productOf(
  form: Form,
  { source, ensemble, graft }: GivenArguments,
): Promise<Product | undefined> {
  if (form === 'hf' || form === 'triton') return form;
  if (form === 'bundle' && ensemble) return 'ensemble';
  if (form === 'bundle' && graft !== undefined) return 'graft';
  if (source.length !== 1) return undefined;
  const isModel = (await findModelJson(source[0])) !== undefined;
  if (form === 'onnx') return isModel ? 'file' : undefined;
  const made = form === 'bundle' ? 'bundle' : 'weights';
  return isModel ? `${made} of a model` : `${made} of a run`;
}

function received(product: Product, { to, source }: GivenArguments): string {
  if (product === 'graft' || product === 'ensemble') return `--${product}`;
  if (product === 'bundle of a run') return `${source[0]}, a folder of a run`;
  if (product === 'bundle of a model') return `${source[0]}, a tfjs model`;
  return to === undefined ? 'a plain .onnx file' : `--to ${to}`;
}

function remedy(use: Use, product: Product, { to, out, labels }: GivenArguments): string {
  const isForModels = use.products.includes('bundle of a model');
  if (isForModels && product === 'ensemble') return 'give it where the members are exported';
  if (isForModels && (product === 'hf' || product === 'triton'))
    return 'give it where the bundle is exported';
  if (to !== undefined || product === 'ensemble' || product === 'graft') return 'leave one of the two out';
  if (!isForModels || product !== 'file') return 'leave it out';
  const wanted = [labels === undefined && '--labels', out?.endsWith('.onnx') && 'a folder for --out'];
  return `for a bundle give ${wanted.filter(Boolean).join(' and ')}`;
}

/** What calibrates and measures a precision has an effect only where that is done. */
function requireCalibration(flags: readonly Flag[], given: GivenArguments): void {
  const { precision = 'fp32', calibrate } = given;
  const calibrating: Flag[] = ['calibration-split', 'calibration-samples', 'calibration'];
  const measuring: Flag[] = ['measure-split', 'max-f1-loss', 'cache'];
  const first = (among: readonly Flag[]) => flags.find((flag) => among.includes(flag));
  const below = first(['calibrate', ...calibrating, ...measuring]);
  if (precision === 'fp32' && below !== undefined) {
    throw usageError(`--${below} is for precisions below fp32`, { received: '--precision fp32' });
  }
  const int8 = first(calibrating);
  if (precision !== 'int8' && int8 !== undefined) {
    throw usageError(`--${int8} is for --precision int8`, { received: `--precision ${precision}` });
  }
  const measured = first(measuring);
  if (calibrate === undefined && measured !== undefined) {
    throw usageError(`--${measured} needs --calibrate: a data set to be measured on`);
  }
}
