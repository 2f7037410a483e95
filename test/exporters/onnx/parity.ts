/** What parity tests share, on tfjs's plain JavaScript backend: others compute some layers wrongly. */
import '@tensorflow/tfjs-backend-cpu';

export * from '../../../bench/compare.ts';
export { tf } from '../../../models/tf.ts';
