import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { exportGraphOnnx } from '../exporters/graph-model/export.ts';
import { type GraphModel, parseGraphModel } from '../exporters/graph-model/graph-model.ts';
import { type ExportOptions, exportOnnx } from '../exporters/onnx/export.ts';
import type { OnnxModel } from '../exporters/onnx/onnx-model.ts';
import { graphModelOf } from '../models/graph-model-file.ts';
import { layersModelOf } from '../models/layers-model-file.ts';
import { type FramesModel, tfjsReference } from '../models/reference.ts';
import type { ValueShape } from '../src/core/converter.ts';
import { type ModelJsonFile, readModelJson } from '../src/node/model-json-file.ts';

/** A tfjs model, of whichever format, as far as an export needs it. */
export interface ExportableModel {
  readonly inputs: readonly { readonly shape: ValueShape }[];
  readonly outputs: readonly { readonly shape: ValueShape }[];
  toOnnx(options: ExportOptions): OnnxModel;
  /** What tfjs itself answers: see tfjsReference. */
  readonly reference: (
    outputs: readonly string[],
    normalization: Parameters<typeof tfjsReference>[2],
  ) => ReturnType<typeof tfjsReference>;
  dispose(): void;
}

/** The `model.json` that a path names, or that lies in the folder that it names; undefined where there is none. */
export async function findModelJson(path: string): Promise<string | undefined> {
  const isFile = (candidate: string) =>
    stat(candidate).then(
      (found) => found.isFile(),
      () => false,
    );
  if (await isFile(path)) return path;
  const inside = join(path, 'model.json');
  return (await isFile(inside)) ? inside : undefined;
}

/** The model of a `model.json`. @throws UserError when a file is missing or damaged, or an operator has no converter */
export async function readExportable(path: string): Promise<ExportableModel> {
  const file = await readModelJson(path);
  return isGraphModel(file) ? exportableGraph(file) : exportableLayers(await layersModelOf(file));
}

/** Old GraphModels do not say that they are. */
function isGraphModel({ format, json }: ModelJsonFile): boolean {
  return format === 'graph-model' || (format === undefined && 'node' in Object(json.modelTopology));
}

/** A LayersModel, sequential or functional. */
export function exportableLayers(model: LayersModel): ExportableModel {
  return {
    inputs: model.inputs.map(({ shape }) => ({ shape: shape as ValueShape })),
    outputs: model.outputs.map(({ shape }) => ({ shape: shape as ValueShape })),
    toOnnx: (options) => exportOnnx(model, options),
    reference: (outputs, normalization) => tfjsReference(model as FramesModel, outputs, normalization),
    dispose: () => {
      model.dispose();
    },
  };
}

/** A GraphModel. Its outputs have no order of their own: those of fewest axes, which may be scores, come first. */
async function exportableGraph(file: ModelJsonFile): Promise<ExportableModel> {
  const parsed = parseGraphModel(file.json, file.shards, file.path);
  const shapes = exportGraphOnnx(parsed).outputs.map(({ shape }) =>
    shape.map((extent) => (typeof extent === 'number' ? extent : null)),
  );
  const order = shapes.map((_, i) => i).sort((a, b) => shapes[a].length - shapes[b].length || a - b);
  const model: GraphModel = { ...parsed, outputs: order.map((i) => parsed.outputs[i]) };
  const runnable = await graphModelOf(file);
  const [input] = model.inputs;
  const names = model.outputs.map(({ tensor }) => `${tensor.node}:${tensor.index}`);
  return {
    inputs: model.inputs,
    outputs: order.map((i) => ({ shape: shapes[i] })),
    toOnnx: (options) => exportGraphOnnx(model, options),
    reference: (outputs, normalization) =>
      tfjsReference(
        { predict: (frames) => runnable.execute({ [input.node]: frames }, names) },
        outputs,
        normalization,
      ),
    dispose: () => runnable.dispose(),
  };
}
