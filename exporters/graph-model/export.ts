import { UserError } from '../../src/core/errors.ts';
import type { Value } from '../../src/onnx/converter.ts';
import { ModelBuilder } from '../onnx/builder.ts';
import { type ExportOptions, inputsOf } from '../onnx/export.ts';
import { graphInputs } from '../onnx/frames.ts';
import { type OnnxModel, onnxModel } from '../onnx/onnx-model.ts';
import type { GraphModel } from './graph-model.ts';
import './ops/index.ts';
import { dropUnused } from './drop-unused.ts';
import { walkGraphModel } from './walk.ts';

/**
 * A TensorFlow.js GraphModel as an ONNX model: opset 17, IR 8, the batch dynamic where it is in the GraphModel,
 * channels-first inside, nodes named after TensorFlow's. Equal models give equal bytes.
 *
 * @throws UserError listing the operators that have no converter, or naming the node that has no counterpart in ONNX
 * @example
 * const { json, shards } = await readModelJson('model.json');
 * const onnx = exportGraphOnnx(parseGraphModel(json, shards, 'model.json'));
 * await writeFile('model.onnx', onnx.chunks());
 */
export function exportGraphOnnx(model: GraphModel, options: ExportOptions = {}): OnnxModel {
  const builder = new ModelBuilder();
  const inputs = modelInputs(model, options, builder);
  const names = outputNames(model, options);
  walkGraphModel(model, inputs, builder).forEach((value, i) => {
    builder.output(names[i], value);
  });
  return onnxModel(dropUnused(builder.finish('graph_model')), options);
}

function modelInputs({ inputs }: GraphModel, options: ExportOptions, builder: ModelBuilder): Value[] {
  const wanted = inputsOf(options);
  if (!wanted) return inputs.map(({ name, dtype, shape }) => builder.input(name, dtype, shape));
  return graphInputs(
    inputs.map(({ shape }) => shape),
    wanted,
    builder,
  );
}

function outputNames(model: GraphModel, { outputs }: ExportOptions): readonly string[] {
  if (!outputs) return model.outputs.map(({ name }) => name);
  if (outputs.length !== model.outputs.length || new Set(outputs).size !== outputs.length) {
    throw new UserError(`the model has ${model.outputs.length} outputs, each wants a name of its own`, {
      received: outputs.join(', ') || 'none',
    });
  }
  return outputs;
}
