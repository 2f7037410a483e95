/**
 * Actionnx in a browser: the bundles that `actionnx export` writes, run by onnxruntime-web on images and videos.
 * Everything happens on the thread that calls; in an app, call it inside a Web Worker.
 *
 * Copy onnxruntime-web's files into the app (`cp node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.* public/ort/`)
 * and give their folder as `wasmPaths`: then their download can be shown, and they run in several threads where the
 * page is cross-origin isolated. Without, a bundler may place them, for one thread.
 *
 * @example
 * import { loadBundle, openClassifier, predictImage } from 'actionnx/web';
 *
 * const classifier = await openClassifier(await loadBundle('/bundles/apcd-resnet/'), { wasmPaths: '/ort/' });
 * const { systems } = await predictImage([classifier], file);
 *
 * @module
 */
export { voteAverage, voteAverageWeights } from '../eval/ensemble.ts';
export type { Bundle, BundleManifest } from '../src/bundle/manifest.ts';
export { UserError } from '../src/core/errors.ts';
export type { Tensor } from '../src/core/tensor.ts';
export type { RgbImage } from '../src/image/image.ts';
export { Classifier, type Predictions } from '../src/runtime/classifier.ts';
export { DownloadError } from '../src/runtime/download.ts';
export { loadWebRuntime, type WebRuntimeOptions, webRuntime } from '../src/runtime/web.ts';
export { decodeImage, isImageFile } from './image-file.ts';
export { type LoadedBundle, type LoadOptions, loadBundle } from './load-bundle.ts';
export { type OpenOptions, openClassifier } from './open-classifier.ts';
export {
  ensembleWeights,
  type ImageOptions,
  type ImagePrediction,
  type KeyFramePrediction,
  type Prediction,
  predictImage,
  predictVideo,
  type SystemFailure,
  type SystemPrediction,
  type VideoInfo,
  type VideoOptions,
  type VideoPrediction,
} from './predict.ts';
export { openVideo, type VideoFile } from './video-file.ts';
