import { basename } from 'node:path';
import { bytesText } from '../../exporters/inspect/bytes-text.ts';
import type { OnnxModel } from '../../exporters/onnx/onnx-model.ts';
import { openModel } from '../../exporters/onnx/open-model.ts';
import {
  judgedBySpread,
  requirePassed,
  type VerificationRow,
  verifyGraph,
} from '../../exporters/onnx/verify.ts';
import { concreteShape, type ModelInput, randomInputs } from '../../exporters/random-inputs.ts';
import type { BackendName, BackendRequest } from '../../models/train/backend.ts';
import type { Precision, Target } from '../../src/core/bundle.ts';
import { quoted, UserError, usageError } from '../../src/core/errors.ts';
import type { Tensor } from '../../src/core/tensor.ts';
import { recoverPair, writeFileAtomic, writePairAtomic } from '../../src/node/atomic-file.ts';
import { modelFiles } from '../../src/node/model-json-file.ts';
import { packageVersion } from '../../src/node/package-info.ts';
import { requireOther } from '../../src/node/replaceable.ts';
import { readWeightFile } from '../../src/node/weight-file.ts';
import { float32Of } from '../../src/weights/float32.ts';
import type { StoredTensor, WeightFile } from '../../src/weights/weight-file.ts';
import { table } from '../table.ts';
import { type ExportableModel, findModelJson, readExportable } from './exportable-model.ts';
import { largestDifferences } from './precision.ts';
import { nudgedInputs, tfjsSpread } from './tfjs-spread.ts';
import { onTrustedBackend } from './trusted-backend.ts';
import { unvariedNote, verificationTable } from './verification-table.ts';
import { verificationTargets } from './verification-targets.ts';

interface Wanted {
  readonly out?: string;
  readonly inputs?: string;
  readonly precision: Precision;
  readonly target: Target;
  readonly externalData: boolean;
  readonly backend: BackendRequest;
  readonly tolerance?: number;
  readonly json: boolean;
}

/**
 * Any tfjs model as a plain ONNX file with the model's own inputs and outputs, put in place only once both runtimes
 * agree with tfjs at float32.
 *
 * @throws UserError when they do not, or an operator has no converter; exit 2 for flags that only bundles have
 */
export async function exportPlain(sources: readonly string[], wanted: Wanted): Promise<void> {
  const { out, precision } = wanted;
  if (sources.length !== 1) {
    throw usageError('--to onnx takes one model.json', { received: sources.join(', ') || 'none' });
  }
  if (precision === 'int8') {
    throw usageError('--to onnx writes fp32, fp16 or int8-weights', {
      received: 'int8, which is calibrated on frames',
      remedy: 'export a bundle of frames or clips: give --labels',
    });
  }
  const path = await findModelJson(sources[0]);
  if (path === undefined) {
    throw usageError('a plain ONNX file is made of the model.json of a tfjs model', {
      received: `${sources[0]}, a folder without one`,
      remedy:
        'a run of `actionnx train` becomes a bundle: name a folder with --out; convert other formats with tensorflowjs_converter',
    });
  }
  // ONNX reads a backslash in the name of external data as a way into a folder; on Windows, basename does so too.
  if (out !== undefined && (/[/\\]$/.test(out) || basename(out).includes('\\'))) {
    throw usageError('--out is the name of a file', { received: out });
  }
  const read = [...(await modelFiles(path)), ...(wanted.inputs ? [wanted.inputs] : [])];
  if (out !== undefined) for (const place of [out, `${out}.data`]) await requireOther(place, read, '--out');
  await onTrustedBackend(wanted.backend, (backend, isLast) =>
    exportModel(path, { ...wanted, precision, isLast }, backend),
  );
}

type Plain = Wanted & { readonly precision: Exclude<Precision, 'int8'>; readonly isLast: boolean };

async function exportModel(path: string, wanted: Plain, backend: BackendName): Promise<void> {
  const given = wanted.inputs ? await readWeightFile(wanted.inputs) : undefined;
  const model = await readExportable(path, (input) => given && arrayFor(input, given)?.shape.length);
  try {
    await exportRead(model, given, wanted, backend);
  } finally {
    model.dispose();
  }
}

async function exportRead(
  model: ExportableModel,
  given: WeightFile | undefined,
  wanted: Plain,
  backend: BackendName,
): Promise<void> {
  const { out, precision, target, json } = wanted;
  const inputs = given ? inputsOf(given, model.inputs, wanted.inputs!) : randomInputs(model.inputs);
  const options = { target, version: packageVersion };
  const float32 = model.toOnnx(options);
  const targets = verificationTargets(float32);
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
    ? await tfjsSpread(expected, (nudge) => answered(nudgedInputs(inputs, model.inputs, nudge)), backend)
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
  if (json) {
    const { inputs: takes, outputs: gives, opset, parameters, byteLength: bytes } = onnx;
    const external = onnx.external && { file: onnx.external.name, bytes: onnx.external.byteLength };
    const said = {
      file,
      bytes,
      external,
      opset,
      parameters,
      tfjsBackend: backend,
      inputs: takes,
      outputs: gives,
    };
    console.log(JSON.stringify({ ...said, verification: verified }, null, 2));
    return;
  }
  tell(file, onnx, verified, { reference: `tfjs (${backend})`, isOutside: wanted.externalData });
}

function tell(
  file: string,
  onnx: OnnxModel,
  rows: readonly VerificationRow[],
  { reference, isOutside }: { reference: string; isOutside: boolean },
): void {
  const ports = (kind: string, list: OnnxModel['inputs']) =>
    list.map(({ name, dtype, shape }) => [kind, name, dtype, `[${shape.join(', ')}]`]);
  console.log(
    `${table(['', 'Name', 'Type', 'Shape'], [...ports('input', onnx.inputs), ...ports('output', onnx.outputs)])}\n`,
  );
  console.log(`${verificationTable(rows, reference)}\n`);
  const note = unvariedNote(rows);
  if (note) console.log(`${note}: try others with --inputs\n`);
  const bytes = onnx.byteLength + (onnx.external?.byteLength ?? 0);
  const size = `${bytesText(bytes)}, ${onnx.parameters.toLocaleString('en')} parameters`;
  const where = onnx.external ? `${file} and ${onnx.external.name}` : file;
  console.log(`${where}: opset ${onnx.opset}, ${size}`);
  if (isOutside && !onnx.external) console.log('no weight is large enough to lie in a file of its own');
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
