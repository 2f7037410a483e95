import { basename } from 'node:path';
import type { OnnxModel } from '../exporters/onnx/onnx-model.ts';
import { openModel } from '../exporters/onnx/open-model.ts';
import {
  judgedBySpread,
  requirePassed,
  type VerificationRow,
  verifyGraph,
} from '../exporters/onnx/verify.ts';
import { concreteShape, type ModelInput, randomInputs } from '../exporters/random-inputs.ts';
import type { BackendName } from '../models/train/backend.ts';
import type { Precision, Target } from '../src/bundle/manifest.ts';
import { quoted, UserError, usageError } from '../src/core/errors.ts';
import type { Tensor } from '../src/core/tensor.ts';
import { recoverPair, writeFileAtomic, writePairAtomic } from '../src/node/atomic-file.ts';
import { modelFiles } from '../src/node/model-json-file.ts';
import { packageVersion } from '../src/node/package-info.ts';
import { requireOther } from '../src/node/replaceable.ts';
import { readWeightFile } from '../src/node/weight-file.ts';
import { float32Of } from '../src/weights/float32.ts';
import type { StoredTensor, WeightFile } from '../src/weights/weight-file.ts';
import { type ReferenceOptions, requireTolerance } from './export.ts';
import { type ExportableModel, findModelJson, readExportable } from './exportable-model.ts';
import type { Listener } from './listener.ts';
import { largestDifferences } from './precision.ts';
import { nudgedInputs, tfjsSpread } from './tfjs-spread.ts';
import { onTrustedBackend } from './trusted-backend.ts';
import { verificationTargets } from './verification-targets.ts';

export interface ConvertModelOptions extends ReferenceOptions, Listener {
  /** The .onnx file. Default: the model's own name. */
  readonly out?: string;
  /** An npz, npy or safetensors file of inputs to verify with. Default: random ones. */
  readonly inputs?: string;
  /** How the weights are stored. Default: fp32. */
  readonly precision?: Exclude<Precision, 'int8'>;
  /** Where the graph is to run best. Default: portable. */
  readonly target?: Target;
  /** The weights in a file beside the graph, as always above 2 GiB. */
  readonly externalData?: boolean;
}

/** A plain ONNX file as it was written. */
export interface ConvertedModel {
  readonly file: string;
  readonly onnx: OnnxModel;
  /** What tfjs computed the expected outputs with. */
  readonly backend: BackendName;
  /** How far each runtime is from tfjs, for every output. */
  readonly verification: readonly VerificationRow[];
}

/**
 * Writes any tfjs model as a plain ONNX file with the model's own inputs and outputs, put in place only once both
 * runtimes agree with tfjs at float32.
 *
 * @param source a `model.json` of a LayersModel or GraphModel, or the folder that it lies in
 * @throws UserError when they do not agree, or an operator has no converter; nothing is written then
 * @example const { file } = await convertModel('model.json', { out: 'model.onnx' });
 */
export async function convertModel(
  source: string,
  options: ConvertModelOptions = {},
): Promise<ConvertedModel> {
  const { out, backend = 'auto' } = options;
  requireTolerance({ tolerance: options.tolerance });
  const path = await findModelJson(source);
  if (path === undefined) {
    throw usageError('a plain ONNX file is made of the model.json of a tfjs model', {
      received: `${source}, a folder without one`,
      remedy:
        'a run of `actionnx train` becomes a bundle: actionnx export; convert other formats with tensorflowjs_converter',
    });
  }
  // ONNX reads a backslash in the name of external data as a way into a folder; on Windows, basename does so too.
  if (out !== undefined && (/[/\\]$/.test(out) || basename(out).includes('\\'))) {
    throw usageError('--out is the name of a file', { received: out });
  }
  const read = [...(await modelFiles(path)), ...(options.inputs ? [options.inputs] : [])];
  if (out !== undefined) for (const place of [out, `${out}.data`]) await requireOther(place, read, '--out');
  return onTrustedBackend(backend, options, (name, isLast) => convertOn(path, { ...options, isLast }, name));
}

type Wanted = ConvertModelOptions & { readonly isLast: boolean };

async function convertOn(path: string, wanted: Wanted, backend: BackendName): Promise<ConvertedModel> {
  const given = wanted.inputs ? await readWeightFile(wanted.inputs) : undefined;
  const model = await readExportable(path, wanted, (input) => given && arrayFor(input, given)?.shape.length);
  try {
    return await convertRead(model, given, wanted, backend);
  } finally {
    model.dispose();
  }
}

async function convertRead(
  model: ExportableModel,
  given: WeightFile | undefined,
  wanted: Wanted,
  backend: BackendName,
): Promise<ConvertedModel> {
  const { out, precision = 'fp32', target = 'portable' } = wanted;
  const inputs = given ? inputsOf(given, model.inputs, wanted.inputs!) : randomInputs(model.inputs);
  const options = { target, version: packageVersion };
  const float32 = model.toOnnx(options);
  const targets = verificationTargets(float32, wanted);
  const answered = async (given: typeof inputs) => {
    const answers = await model.predict(given);
    return Object.fromEntries(float32.outputs.map(({ name }, i) => [name, answers[i]]));
  };
  const expected = await answered(inputs);
  const trial = (onnx: OnnxModel, tolerance?: number) =>
    verifyGraph(
      (runtime, options) => openModel(onnx, runtime, options),
      inputs,
      expected,
      targets,
      tolerance,
    );
  const rows = await trial(float32, wanted.tolerance);
  const isMeasured = wanted.isLast && wanted.tolerance === undefined && rows.some(({ passed }) => !passed);
  const spread = isMeasured
    ? await tfjsSpread(
        expected,
        (nudge) => answered(nudgedInputs(inputs, model.inputs, nudge)),
        backend,
        wanted,
      )
    : undefined;
  const judged = (rows: VerificationRow[]) => (spread ? judgedBySpread(rows, spread) : rows);
  const verification = judged(rows);
  requirePassed(verification, wanted.tolerance);
  const file = out ?? `${model.name}.onnx`;
  const made = precision === 'fp32' ? float32 : model.toOnnx({ ...options, precision });
  const onnx = wanted.externalData || made.external ? made.withExternalData(`${basename(file)}.data`) : made;
  const isFloat32 = precision === 'fp32';
  const tolerance = isFloat32 ? wanted.tolerance : largestDifferences[precision];
  const tried = onnx === float32 ? rows : await trial(onnx, tolerance);
  const verified = isFloat32 ? judged(tried) : tried;
  requirePassed(verified, tolerance);
  await recoverPair(file);
  if (onnx.external) await writePairAtomic([file, onnx.chunks()], [`${file}.data`, onnx.external.chunks()]);
  else await writeFileAtomic(file, onnx.chunks());
  return { file, onnx, backend, verification: verified };
}

/** Inputs from a file of arrays, one an input of the model. */
function inputsOf(given: WeightFile, inputs: readonly ModelInput[], path: string): Record<string, Tensor> {
  const named = inputs.map((input): [string, Tensor] => {
    const isOnly = inputs.length === 1 || given.format !== 'npy';
    const stored = isOnly ? arrayFor(input.name, given) : undefined;
    if (!stored) {
      throw new UserError(`${path} must hold an array for every input of the model`, {
        received: `${[...given.tensors.keys()].slice(0, 8).map(quoted).join(', ')}, and none for "${input.name}"`,
      });
    }
    return [input.name, asInput(stored, input, path)];
  });
  return Object.fromEntries(named);
}

/** A `.npy` file holds one array without a name. */
function arrayFor(input: string, { tensors, format }: WeightFile): StoredTensor | undefined {
  return tensors.get(format === 'npy' ? 'array' : input);
}

function asInput(stored: StoredTensor, { name, dtype, shape }: ModelInput, path: string): Tensor {
  const fits =
    stored.shape.length === shape.length && shape.every((n, i) => (n ?? stored.shape[i]) === stored.shape[i]);
  if (!fits) {
    throw new UserError(
      `"${name}" in ${path} must have the shape [${shape.map((extent) => extent ?? 'any')}]`,
      {
        received: `[${stored.shape}]`,
        remedy: `for example [${concreteShape(shape)}]`,
      },
    );
  }
  const numbers = float32Of(stored, `"${name}" in ${path}`);
  const isRight = dtype === 'int32' ? Number.isInteger : Number.isFinite;
  const wrong = numbers.find((value) => !isRight(value));
  if (wrong !== undefined) {
    throw new UserError(`"${name}" in ${path} must hold ${dtype === 'int32' ? 'whole' : 'finite'} numbers`, {
      received: String(wrong),
    });
  }
  if (dtype === 'bool') return { dtype, shape: stored.shape, data: Uint8Array.from(numbers, Number) };
  return { dtype, shape: stored.shape, data: dtype === 'int32' ? Int32Array.from(numbers) : numbers };
}
