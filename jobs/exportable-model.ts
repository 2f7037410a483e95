import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Tensor as TfTensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { exportGraphOnnx } from '../exporters/graph-model/export.ts';
import { type GraphModel, parseGraphModel } from '../exporters/graph-model/graph-model.ts';
import { type ExportOptions, exportOnnx } from '../exporters/onnx/export.ts';
import { indicesOf } from '../exporters/onnx/index-inputs.ts';
import type { OnnxModel } from '../exporters/onnx/onnx-model.ts';
import type { ModelInput } from '../exporters/random-inputs.ts';
import { correctBatchNorms } from '../models/batch-norm-axis.ts';
import { graphModelOf } from '../models/graph-model-file.ts';
import { layersModelOf } from '../models/layers-model-file.ts';
import { type PredictingModel, type ReferenceInput, tfjsReference } from '../models/reference.ts';
import { tf } from '../models/tf.ts';
import { quoted, reasonOf, UserError, usageError } from '../src/core/errors.ts';
import type { Tensor } from '../src/core/tensor.ts';
import { requireFinite } from '../src/core/weights.ts';
import { type ModelJsonFile, readModelJson } from '../src/node/model-json-file.ts';
import type { ValueShape } from '../src/onnx/converter.ts';
import type { Listener } from './listener.ts';
import { type ModelOutput, outputsOf } from './model-outputs.ts';

type RankOf = Parameters<typeof parseGraphModel>[3];

/** A tfjs model, of whichever format, as far as an export needs it. */
export interface ExportableModel {
  readonly name: string;
  readonly inputs: readonly ModelInput[];
  readonly outputs: readonly ModelOutput[];
  toOnnx(options: ExportOptions): OnnxModel;
  /** What tfjs itself answers: see tfjsReference. */
  readonly reference: (
    outputs: readonly string[],
    inputs: readonly ReferenceInput[],
  ) => ReturnType<typeof tfjsReference>;
  /** What tfjs itself answers for inputs by name, in the order of the graph's outputs. */
  predict(inputs: Readonly<Record<string, Tensor>>): Promise<Tensor[]>;
  dispose(): void;
}

/**
 * The `model.json` that a path names, or that lies in the folder that it names; undefined for other folders.
 *
 * @throws UserError (exit 2) when there is nothing at the path, or an .onnx file
 */
export async function findModelJson(path: string): Promise<string | undefined> {
  const kind = (place: string) => stat(place).catch(() => undefined);
  const found = await kind(path);
  if (!found) throw usageError('there is no such run folder or model.json', { received: path });
  if (found.isFile() && path.endsWith('.onnx')) {
    throw usageError('a tfjs model is its model.json', {
      received: `${path}, which is ONNX already`,
      remedy: 'actionnx wrap makes a bundle of a classifier; actionnx graft puts a head of tfjs on it',
    });
  }
  if (found.isFile()) return path;
  const inside = join(path, 'model.json');
  return (await kind(inside))?.isFile() ? inside : undefined;
}

/**
 * The model of a `model.json`.
 *
 * @param rankOf see parseGraphModel
 * @throws UserError when a file is missing or damaged, or an operator has no converter
 */
export async function readExportable(
  path: string,
  { onNotice }: Listener,
  rankOf?: RankOf,
): Promise<ExportableModel> {
  const file = await readModelJson(path);
  if (isGraphModel(file)) return exportableGraph(file, rankOf);
  const model = await layersModelOf(file);
  const corrected = correctBatchNorms(model);
  if (corrected.length > 0) {
    onNotice?.(
      `tfjs normalises batches over its last axis alone: ${corrected.map(quoted).join(', ')} put right for the comparison`,
    );
  }
  return exportableLayers(model);
}

/** Old GraphModels do not say that they are. */
function isGraphModel({ format, json }: ModelJsonFile): boolean {
  return format === 'graph-model' || (format === undefined && 'node' in Object(json.modelTopology));
}

/** A LayersModel, sequential or functional. */
export function exportableLayers(model: LayersModel): ExportableModel {
  return {
    name: model.name,
    inputs: model.inputs.map((input) => ({
      name: input.sourceLayer.name,
      dtype: input.dtype as ModelInput['dtype'],
      shape: input.shape as ValueShape,
      below: indicesOf(input),
    })),
    outputs: outputsOf(model),
    toOnnx: (options) => exportOnnx(model, options),
    reference: (outputs, inputs) => tfjsReference(model as PredictingModel, outputs, inputs),
    predict: (inputs) => {
      const given = model.inputs.map(({ sourceLayer }) => inputs[sourceLayer.name]);
      return answered(
        given,
        (tensors) => model.predict(tensors.length === 1 ? tensors[0] : tensors) as TfTensor,
      );
    },
    dispose: () => {
      model.dispose();
    },
  };
}

/** A GraphModel. Its outputs have no order of their own: those of fewest axes, which may be scores, come first. */
async function exportableGraph(file: ModelJsonFile, rankOf?: RankOf): Promise<ExportableModel> {
  const parsed = parseGraphModel(file.json, file.shards, file.path, rankOf);
  // Infinity is a mask in some graphs, but no weight is meant to be no number.
  requireFinite(
    [...parsed.constants].map(([name, { data }]) => ({
      name,
      data: () => data().map((value) => (Number.isNaN(value) ? value : 0)),
    })),
    file.path,
  );
  const shapes = exportGraphOnnx(parsed).outputs.map(({ shape }) =>
    shape.map((extent) => (typeof extent === 'number' ? extent : null)),
  );
  const order = shapes.map((_, i) => i).sort((a, b) => shapes[a].length - shapes[b].length || a - b);
  const model: GraphModel = { ...parsed, outputs: order.map((i) => parsed.outputs[i]) };
  const runnable = await graphModelOf(file);
  const names = model.outputs.map(({ tensor }) => `${tensor.node}:${tensor.index}`);
  return {
    name: basename(dirname(resolve(file.path))),
    inputs: model.inputs,
    outputs: order.map((i) => ({ name: parsed.outputs[i].name, shape: shapes[i] })),
    toOnnx: (options) => exportGraphOnnx(model, options),
    reference: (outputs, inputs) =>
      tfjsReference(
        {
          predict: (given) => {
            const values = [given].flat();
            return runnable.execute(
              Object.fromEntries(model.inputs.map(({ node }, i) => [node, values[i]])),
              names,
            );
          },
        },
        outputs,
        inputs,
      ),
    predict: (inputs) =>
      answered(
        model.inputs.map(({ name }) => inputs[name]),
        (tensors) =>
          runnable.execute(Object.fromEntries(model.inputs.map(({ node }, i) => [node, tensors[i]])), names),
      ),
    dispose: () => runnable.dispose(),
  };
}

/** Runs tfjs on tensors of ours. */
async function answered(
  inputs: readonly Tensor[],
  run: (inputs: TfTensor[]) => TfTensor | TfTensor[] | Promise<TfTensor[]>,
): Promise<Tensor[]> {
  const given = inputs.map(toTf);
  let answers: TfTensor[] = [];
  try {
    answers = [await run(given)].flat();
    return await Promise.all(answers.map(fromTf));
  } catch (cause) {
    throw new UserError('tfjs must be able to run the model', {
      received: reasonOf(cause),
      remedy: 'give it inputs that fit with --inputs, try --backend cpu, or mend the model',
      cause,
    });
  } finally {
    for (const one of [...given, ...answers]) one.dispose();
  }
}

function toTf({ dtype, shape, data }: Tensor): TfTensor {
  return tf.tensor(data, [...shape], dtype === 'uint8' ? 'int32' : dtype);
}

async function fromTf(answer: TfTensor): Promise<Tensor> {
  const data = (await answer.data()) as Tensor['data'];
  return { dtype: answer.dtype as 'float32' | 'int32' | 'bool', shape: answer.shape, data };
}
