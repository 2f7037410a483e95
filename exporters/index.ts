/**
 * The exporter by itself, `actionnx/export`: TensorFlow.js models as ONNX, in Node and in browsers.
 *
 * @example
 * import * as tf from '@tensorflow/tfjs';
 * import { exportOnnx } from 'actionnx/export';
 *
 * const model = await tf.loadLayersModel('/model/model.json');
 * const file = new Blob([exportOnnx(model).bytes()]);
 *
 * @module
 */

export { UserError } from '../src/core/errors.ts';
export { imagenetNormalization } from '../src/core/normalization.ts';
export type { Tensor } from '../src/core/tensor.ts';
export { findLayerWeight, layerWeight, transposeWeights, type Weights } from '../src/core/weights.ts';
export {
  type Converter,
  defineConverter,
  float,
  type GraphBuilder,
  storedAxis,
  type Value,
} from '../src/onnx/converter.ts';
export type { Graph, GraphNode, Initializer, TensorPort } from '../src/onnx/graph.ts';
export { type Model, modelOf } from '../src/onnx/model.ts';
export { parseModel } from '../src/onnx/parse.ts';
export { exportGraphOnnx } from './graph-model/export.ts';
export { type GraphModel, parseGraphModel } from './graph-model/graph-model.ts';
export { defineGraphConverter, type GraphConverter, type GraphOp } from './graph-model/op.ts';
export { compareModels, type ModelDifference } from './inspect/difference.ts';
export { drawModel } from './inspect/drawing.ts';
export { type GraphFacts, inferShapes } from './inspect/shapes.ts';
export { type ModelSummary, summarizeModel } from './inspect/summary.ts';
export {
  type EnsembleGraph,
  type EnsembleMember,
  ensembleGraph,
  type GraphCombination,
} from './onnx/ensemble-graph.ts';
export { type ExportOptions, exportOnnx } from './onnx/export.ts';
export { type Cut, cutBackbone, type GraftOptions, graft } from './onnx/graft.ts';
export { modelFile, type OnnxModel, onnxModel } from './onnx/onnx-model.ts';
export { passes } from './onnx/passes/index.ts';
export type { Pass } from './onnx/passes/pass.ts';
export { type Quantized, type QuantizeOptions, quantize } from './onnx/quantize/quantize.ts';
export { type VerificationRow, type VerificationTarget, verifyGraph } from './onnx/verify.ts';
