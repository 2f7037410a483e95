import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { findConverter, type Layer, type Value, type ValueShape } from '../../src/core/converter.ts';
import { UserError } from '../../src/core/errors.ts';
import { describeCall, type LayerCall, type ModelBuilder } from './builder.ts';

/** What sequential and functional models, and models nested in them, have in common. */
type Container = Layer & Pick<LayersModel, 'inputs' | 'outputs' | 'layers'>;

/** The model applied to `inputs` (one a model input, in order), as nodes of the builder; one value a model output. */
export function walkModel(model: LayersModel, inputs: readonly Value[], builder: ModelBuilder): Value[] {
  return applyContainer(model as Container, inputs, '', builder);
}

/**
 * A container's layers are called in the order in which its outputs need them. A layer called twice is converted
 * twice, over the same weights; a nested model is entered with its inputs bound to the caller's values.
 */
function applyContainer(
  container: Container,
  inputs: readonly Value[],
  prefix: string,
  builder: ModelBuilder,
): Value[] {
  const values = new Map(container.inputs.map((input, i) => [input.id, inputs[i]]));

  const evaluate = (tensor: SymbolicTensor): Value => {
    if (!values.has(tensor.id)) {
      const call = tensor.sourceLayer.inboundNodes[tensor.nodeIndex];
      const results = applyLayer(
        {
          layer: tensor.sourceLayer,
          path: `${prefix}${tensor.sourceLayer.name}`,
          outputShapes: call.outputTensors.map(({ shape }) => shape as ValueShape),
          after: call.inputTensors.map(({ sourceLayer }) => sourceLayer.name),
        },
        call.inputTensors.map(evaluate),
        builder,
      );
      call.outputTensors.forEach((output, i) => {
        values.set(output.id, results[i]);
      });
    }
    return values.get(tensor.id)!;
  };
  return container.outputs.map(evaluate);
}

function applyLayer(call: LayerCall, inputs: readonly Value[], builder: ModelBuilder): readonly Value[] {
  const { layer, path } = call;
  const className = layer.getClassName();
  const converter = findConverter(className);
  if (converter) {
    const results = converter.convert(layer, inputs, builder.scope(call));
    return Array.isArray(results) ? results : [results as Value];
  }
  if (isContainer(layer)) return applyContainer(layer, inputs, `${path}/`, builder);
  throw new UserError(`the layer ${describeCall(call)} has no converter to ONNX`, {
    remedy: `register one before exporting: defineConverter('${className}', (layer, inputs, graph) => outputs)`,
  });
}

function isContainer(layer: Layer): layer is Container {
  return 'layers' in layer && 'inputs' in layer && 'outputs' in layer;
}
