import { type Convert, defineConverter } from '../../../src/onnx/converter.ts';

/** Layers that do something only while training. */
const passOn: Convert = (_layer, [x], graph) => graph.node('Identity', [x]);

export const dropout = defineConverter('Dropout', passOn);
export const spatialDropout1d = defineConverter('SpatialDropout1D', passOn);
export const gaussianNoise = defineConverter('GaussianNoise', passOn);
export const gaussianDropout = defineConverter('GaussianDropout', passOn);
export const alphaDropout = defineConverter('AlphaDropout', passOn);

/** tfjs resizes at random whenever it is called; when predicting, Keras and this graph leave the image as it is. */
export const randomWidth = defineConverter('RandomWidth', passOn);
