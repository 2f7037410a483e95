/**
 * TensorFlow.js, for everything under models/: tfjs-core's operations and tfjs-layers' models in one namespace.
 * Backends are registered by models/train/backend.ts; nothing here chooses one.
 */
import * as core from '@tensorflow/tfjs-core';
import * as tfLayers from '@tensorflow/tfjs-layers';

export const tf: Omit<typeof core, keyof typeof tfLayers> & typeof tfLayers = { ...core, ...tfLayers };
