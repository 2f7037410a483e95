/**
 * TensorFlow.js, for everything under models/: tfjs-core's operations and tfjs-layers' models in one namespace.
 * Backends are registered by models/train/backend.ts; nothing here chooses one.
 */
import * as core from '@tensorflow/tfjs-core';
import * as tfLayers from '@tensorflow/tfjs-layers';

export const tf: Omit<typeof core, keyof typeof tfLayers> & typeof tfLayers = { ...core, ...tfLayers };

/**
 * What tfjs-layers calls as methods of tensors (its orthogonal initialiser, which recurrent layers begin with, and
 * its attention). tfjs-core has them as functions; its own file of methods is not one that Node can import.
 */
const { broadcastTo, cast, expandDims, gather, greaterEqual, minimum, pad, sign, squeeze } = core;
const { add, reshape, stridedSlice, transpose } = core;
const flatten = (tensor: core.Tensor) => reshape(tensor, [tensor.size]);
const operations = {
  ...{
    add,
    broadcastTo,
    cast,
    expandDims,
    flatten,
    gather,
    greaterEqual,
    minimum,
    pad,
    reshape,
    sign,
    squeeze,
  },
  ...{ stridedSlice, transpose },
} as Readonly<Record<string, (tensor: core.Tensor, ...rest: unknown[]) => unknown>>;
for (const [name, operation] of Object.entries(operations)) {
  if (name in core.Tensor.prototype) continue;
  Object.defineProperty(core.Tensor.prototype, name, {
    configurable: true,
    writable: true,
    value(this: core.Tensor, ...rest: unknown[]) {
      return operation(this, ...rest);
    },
  });
}
