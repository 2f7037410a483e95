/**
 * Actionnx in Node: data sets, systems, export, inference, metrics, and what the commands do, without their printing.
 * Browsers have `actionnx/web` and `actionnx/export`.
 *
 * @example
 * import { Classifier, nodeRuntime, predictFile, readBundle } from 'actionnx';
 *
 * const classifier = await Classifier.open(await readBundle('bundles/pcd-resnet'), nodeRuntime);
 * const { predictions } = await predictFile([classifier], 'match.mp4', { rate: 2 });
 * for await (const { time, probabilities } of predictions) console.log(time, probabilities[0]);
 *
 * @module
 */
export type {
  Combination,
  Combiner,
  CombinerMember,
  FittingSamples,
  Truth,
} from './eval/combiners/combiner.ts';
export { combiners } from './eval/combiners/index.ts';
export { bestConstant } from './eval/constant.ts';
export { voteAverage, voteAverageWeights } from './eval/ensemble.ts';
export {
  type Evaluated,
  exampleBasedScores,
  type LabelScores,
  type Metric,
  metrics,
  perLabel,
} from './eval/metrics/index.ts';
export { type KeyFrameProbabilities, type MediaInfo, predictFile } from './eval/predict.ts';
export type { JoinedPredictions } from './eval/predictions.ts';
export { type ReportData, writeReport } from './eval/report/index.ts';
export {
  buildResult,
  type EnsembleScores,
  type Member,
  type Result,
  type SystemScores,
} from './eval/result.ts';
export { type Scored, type ScoreOptions, score } from './eval/score.ts';
export { type BundleSource, writeBundle } from './exporters/bundle.ts';
export * from './exporters/index.ts';
export { verifyBundle } from './exporters/onnx/verify.ts';
export { type FitCombinerOptions, type FittedCombiner, fitCombiner } from './jobs/combine.ts';
export { type ConvertedModel, type ConvertModelOptions, convertModel } from './jobs/convert.ts';
export {
  type EvaluateBundlesOptions,
  type Evaluation,
  evaluateBundles,
  type Weighing,
} from './jobs/evaluate.ts';
export { writeEvaluationReport } from './jobs/evaluation-report.ts';
export { type ExportBundleOptions, exportBundle } from './jobs/export.ts';
export { type GraftBundleOptions, graftBundle } from './jobs/graft.ts';
export type { Listener } from './jobs/listener.ts';
export { type MergeBundlesOptions, mergeBundles } from './jobs/merge.ts';
export {
  type HuggingFaceRepository,
  type PublishedWeights,
  type PublishWeightsOptions,
  publishHuggingFace,
  publishTriton,
  publishWeights,
  type TritonRepository,
} from './jobs/publish.ts';
export { type ScoreBundlesOptions, type ScoredBundle, scoreBundles } from './jobs/score.ts';
export { type Deployed, deploySite } from './jobs/site/deploy.ts';
export { type WrapModelOptions, wrapModel } from './jobs/wrap.ts';
export type { WrittenBundle } from './jobs/written-bundle.ts';
export { type ResolvedSystem, resolveSystem, systems } from './models/index.ts';
export { loadPretrained } from './models/pretrained/load.ts';
export type { PretrainedMatch, UnmatchedWeight } from './models/pretrained/match.ts';
export { tfjsReference } from './models/reference.ts';
export { defineSystem, type Recipe, type System } from './models/system.ts';
export { tf } from './models/tf.ts';
export { type Backend, type BackendRequest, selectBackend } from './models/train/backend.ts';
export { type TrainResult, type TrainSettings, train } from './models/train/fit.ts';
export { type LoadedRun, loadRun } from './models/train/load-run.ts';
export { curriculum, type Stage, stage } from './models/train/stage.ts';
export type { Bundle, BundleManifest } from './src/bundle/manifest.ts';
export { clipFrames } from './src/core/clip.ts';
export type { LabelMap } from './src/core/label-map.ts';
export {
  a2dActionLabels,
  a2dActorLabels,
  a2dLabels,
  type LabelSet,
  type LabelSpace,
  labelSetHash,
  multiHot,
} from './src/core/labels.ts';
export { predictedLabels, type Task } from './src/core/task.ts';
export { openA2d } from './src/datasets/a2d/a2d.ts';
export { checkDataset, type DatasetFaults } from './src/datasets/check.ts';
export { type BrokenSample, type Dataset, keyFrameOf, type Sample, truthIn } from './src/datasets/dataset.ts';
export type { DatasetOptions as A2dOptions, DatasetOptions } from './src/datasets/dataset-kind.ts';
export { openFolder } from './src/datasets/folder.ts';
export { type Fold, folds } from './src/datasets/folds.ts';
export { openDataset } from './src/datasets/index.ts';
export { type DatasetInfo, describeDataset } from './src/datasets/info.ts';
export { openStanford40 } from './src/datasets/stanford-40.ts';
export { openTvHi } from './src/datasets/tv-hi.ts';
export { denseFlow } from './src/flow/farneback.ts';
export type { RgbImage } from './src/image/image.ts';
export { resizeBilinear } from './src/image/resize.ts';
export { clip } from './src/inputs/clip.ts';
export { flow } from './src/inputs/flow.ts';
export { flowImages } from './src/inputs/flow-images.ts';
export { flowLines } from './src/inputs/flow-lines.ts';
export { frame } from './src/inputs/frame.ts';
export { inputKinds } from './src/inputs/index.ts';
export type { Input, Place } from './src/inputs/input.ts';
export { motionMap } from './src/inputs/motion-map.ts';
export { InputPlan, type NamedInput } from './src/inputs/plan.ts';
export { spread } from './src/inputs/spread.ts';
export { readBundle, readGolden } from './src/node/bundle-folder.ts';
export { encodeJpeg, encodePng, readImage } from './src/node/image-file.ts';
export { type ModelJsonFile, readModelJson } from './src/node/model-json-file.ts';
export { openVideo, type ProbedVideo, probeVideo, readVideoFrames } from './src/node/video-frames.ts';
export { writeVideo } from './src/node/video-writer.ts';
export { readWeightFile, type WeightFileOnDisk } from './src/node/weight-file.ts';
export { Classifier } from './src/runtime/classifier.ts';
export { keyFrames } from './src/runtime/key-frames.ts';
export { nodeRuntime } from './src/runtime/node.ts';
export type { InferenceSession, Provider, Runtime, SessionOptions } from './src/runtime/session.ts';
export { webRuntime } from './src/runtime/web.ts';
export { decodeWeights } from './src/weights/decode.ts';
export { float32Of } from './src/weights/float32.ts';
export type { StoredTensor, WeightFile, WeightFormat } from './src/weights/weight-file.ts';
