import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { UserError } from '../../src/core/errors.ts';
import type { Normalization } from '../../src/core/normalization.ts';
import { sizeOf } from '../../src/core/tensor.ts';
import type { Value, ValueShape, ValueType } from '../../src/onnx/converter.ts';
import { ModelBuilder } from './builder.ts';
import { framesName, type GraphInput, graphInputs } from './frames.ts';
import { type GraphOptions, type OnnxModel, onnxModel } from './onnx-model.ts';
import './ops/index.ts';
import { walkModel } from './walk.ts';

export interface ExportOptions extends GraphOptions {
  /**
   * What the graph takes, in the order of the model's inputs: uint8 RGB frames [N, H, W, 3] or [N, T, H, W, 3], which it
   * normalises itself, or values as they are. Default: the model's own inputs, under their own names.
   */
  readonly inputs?: readonly GraphInput[];
  /** The same for models of frames alone: one input `frames`. */
  readonly frames?: Normalization;
  /** One name a model output, in order. Default: tfjs's. */
  readonly outputs?: readonly string[];
}

/**
 * A tfjs LayersModel, sequential or functional, as an ONNX model: opset 17, IR 8, dynamic batch, channels-first
 * inside, nodes named after their layers. Equal models give equal bytes.
 *
 * @throws UserError naming the layer that has no converter, or the option that has no counterpart in ONNX
 * @example
 * const onnx = exportOnnx(model, { frames: imagenetNormalization, outputs: ['probabilities'] });
 * await writeFile('model.onnx', onnx.chunks());
 */
export function exportOnnx(model: LayersModel, options: ExportOptions = {}): OnnxModel {
  const builder = new ModelBuilder();
  const wanted = inputsOf(options);
  const inputs = wanted
    ? graphInputs(
        model.inputs.map(({ shape }) => shape as ValueShape),
        wanted,
        builder,
      )
    : ownInputs(model, builder);
  const names = outputNames(model, options);
  walkModel(model, inputs, builder).forEach((value, i) => {
    builder.output(names[i], value);
  });
  return onnxModel(builder.finish(model.name), { parameters: parametersOf(model), ...options });
}

/** The model's own count, each weight once: passes fold and merge, and ONNX wants zeros where tfjs has nothing. */
function parametersOf(model: LayersModel): number {
  const weights = new Set(model.weights.map(({ id }) => id));
  return model.weights.reduce(
    (sum, { id, shape }) => sum + (weights.delete(id) ? sizeOf(shape as number[]) : 0),
    0,
  );
}

/** What is asked for in place of the model's own inputs. */
export function inputsOf({ inputs, frames }: ExportOptions): readonly GraphInput[] | undefined {
  return inputs ?? (frames && [{ name: framesName, normalization: frames }]);
}

function ownInputs(model: LayersModel, builder: ModelBuilder): Value[] {
  const names = layerNames(model.inputs);
  return model.inputs.map(({ dtype, shape }, i) => {
    if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool') {
      throw new UserError('inputs must be float32, int32 or bool', {
        received: `${dtype} for "${names[i]}"`,
      });
    }
    return builder.input(names[i], dtype satisfies ValueType, shape as ValueShape);
  });
}

function outputNames(model: LayersModel, { outputs }: ExportOptions): readonly string[] {
  if (!outputs) return layerNames(model.outputs);
  if (outputs.length !== model.outputs.length || new Set(outputs).size !== outputs.length) {
    throw new UserError(`the model has ${model.outputs.length} outputs, each wants a name of its own`, {
      received: outputs.join(', ') || 'none',
    });
  }
  return outputs;
}

/** What tfjs calls a model's inputs and outputs; sequential models do not list them themselves. */
function layerNames(tensors: readonly SymbolicTensor[]): string[] {
  return tensors.map(({ sourceLayer }) => sourceLayer.name);
}
