import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { reasonOf, UserError } from '../../src/core/errors.ts';
import { findConverter, type Layer, type Value, type ValueShape } from '../../src/onnx/converter.ts';
import type { ModelBuilder } from './builder.ts';
import { type ApplyInner, describeCall, type LayerCall } from './layer-call.ts';
import { type Mask, outputMask } from './masks.ts';

/** What sequential and functional models, and models nested in them, have in common. */
type Container = Layer & Pick<LayersModel, 'inputs' | 'outputs' | 'layers'>;

/**
 * The mask that tfjs hands to a call, which is not quite the mask of the call's input: the last one found stays, for
 * calls whose inputs have none, and for the layers of nested models.
 */
interface Handed {
  mask?: Mask;
}

/** The model applied to `inputs` (one a model input, in order), as nodes of the builder; one value a model output. */
export function walkModel(model: LayersModel, inputs: readonly Value[], builder: ModelBuilder): Value[] {
  return applyContainer(model as Container, inputs, '', undefined, builder);
}

/**
 * A container's layers are called in the order in which tfjs calls them, on which masks depend. A layer called twice
 * is converted twice, over the same weights; a nested model is entered with its inputs bound to the caller's values.
 */
function applyContainer(
  container: Container,
  inputs: readonly Value[],
  prefix: string,
  given: Handed | undefined,
  builder: ModelBuilder,
): Value[] {
  const values = new Map(container.inputs.map((input, i) => [input.id, inputs[i]]));
  const masks = new Map<number, Mask | undefined>();
  let handed = given;

  const evaluate = (tensor: SymbolicTensor): Value => {
    if (!values.has(tensor.id)) {
      const { inputTensors, outputTensors } = tensor.sourceLayer.inboundNodes[tensor.nodeIndex];
      inputTensors.toReversed().forEach(evaluate);
      const inputMasks = inputTensors.map(({ id }) => masks.get(id));
      if (inputMasks.some((mask) => mask)) {
        handed ??= {};
        handed.mask = inputMasks[0];
      }
      const taken = inputTensors.map(({ id }) => values.get(id)!);
      const call: LayerCall = {
        layer: tensor.sourceLayer,
        path: `${prefix}${tensor.sourceLayer.name}`,
        outputShapes: outputShapes(tensor.sourceLayer, taken),
        mask: handed?.mask,
        after: inputTensors.map(({ sourceLayer }) => sourceLayer.name),
      };
      const results = applyLayer(call, taken, handed, builder);
      const mask = outputMask(call.layer, taken, inputMasks, builder.scope(call, applyInner(builder)));
      outputTensors.forEach((output, i) => {
        values.set(output.id, results[i]);
        masks.set(output.id, mask);
      });
    }
    return values.get(tensor.id)!;
  };
  return container.outputs.map(evaluate);
}

/** Asked of the layer again: what a model has recorded may have been written over by the layers that follow. */
function outputShapes(layer: Layer, inputs: readonly Value[]): ValueShape[] {
  const shapes = inputs.map(({ shape }) => [...shape]);
  const computed = layer.computeOutputShape(shapes.length === 1 ? shapes[0] : shapes);
  return (Array.isArray(computed[0]) ? computed : [computed]) as ValueShape[];
}

function applyLayer(
  call: LayerCall,
  inputs: readonly Value[],
  handed: Handed | undefined,
  builder: ModelBuilder,
): readonly Value[] {
  const { layer, path } = call;
  const className = layer.getClassName();
  const converter = findConverter(className);
  if (converter) {
    return converted(call, () => converter.convert(layer, inputs, builder.scope(call, applyInner(builder))));
  }
  // A model that is handed nothing keeps what it finds to itself.
  if (isContainer(layer)) return applyContainer(layer, inputs, `${path}/`, handed ?? {}, builder);
  throw new UserError(`the layer ${describeCall(call)} has no converter to ONNX`, {
    remedy: `register one before exporting: defineConverter('${className}', (layer, inputs, graph) => outputs)`,
  });
}

/** What a converter gives; its mistakes are told with the layer's name, since it may be the user's. */
function converted(call: LayerCall, convert: () => Value | readonly Value[]): readonly Value[] {
  const failure = (received: string, cause?: unknown) =>
    new UserError(`the converter of the layer ${describeCall(call)} failed`, {
      received,
      remedy: 'mend it, if it is yours, or report it with the model',
      cause,
    });
  let results: Value | readonly Value[];
  try {
    results = convert();
  } catch (cause) {
    throw cause instanceof UserError ? cause : failure(reasonOf(cause), cause);
  }
  const values = [results].flat() as readonly (Value | undefined)[];
  if (values.some((value) => value?.name === undefined))
    throw failure('a result that is no value of the graph');
  return values as readonly Value[];
}

/** Layers inside wrappers get no mask; one that asks for it is told so. */
function applyInner(builder: ModelBuilder): ApplyInner {
  return (layer, inputs, outputShapes, outer) => {
    const mask = outer.mask && { wrong: `a mask inside "${outer.layer.name}", to which it does not belong` };
    const call = { ...outer, layer, path: `${outer.path}/${layer.name}`, outputShapes, mask };
    return applyLayer(call, inputs, { mask }, builder);
  };
}

function isContainer(layer: Layer): layer is Container {
  return 'layers' in layer && 'inputs' in layer && 'outputs' in layer;
}
