import { describe, expect, it } from 'vitest';
import {
  findLayerWeight,
  layerWeight,
  literalWeights,
  requireFinite,
  reshapeWeights,
  transposeWeights,
} from '../../src/core/weights.ts';
import { tf } from '../exporters/onnx/parity.ts';

describe('layerWeight', () => {
  const dense = tf.layers.dense({ name: 'scores', units: 2, useBias: false });
  const bare = tf.layers.activation({ name: 'bare', activation: 'relu' });
  tf.sequential({ layers: [tf.layers.inputLayer({ inputShape: [3] }), bare, dense] });

  it("is a layer's weight by its own name", () => {
    expect(layerWeight(dense, 'kernel').shape).toEqual([3, 2]);
    expect(layerWeight(dense, 'kernel').data()).toEqual(dense.getWeights()[0].dataSync());
    expect(findLayerWeight(dense, 'kernel')?.shape).toEqual([3, 2]);
  });

  it('says which weights there are where that is none of them', () => {
    expect(() => layerWeight(dense, 'bias')).toThrow(
      'the layer "scores" (Dense) must have a weight called "bias"; received "kernel"; its converter should name ' +
        'one of its own, or take findLayerWeight where it may be absent',
    );
    expect(() => layerWeight(bare, 'kernel')).toThrow('received none at all');
    expect(findLayerWeight(dense, 'bias')).toBeUndefined();
  });
});

describe('transposeWeights', () => {
  it('reads the weights only when asked', () => {
    const result = transposeWeights({ shape: [2, 3], data: () => expect.unreachable() }, [1, 0]);
    expect(result.shape).toEqual([3, 2]);
  });
});

describe('reshapeWeights', () => {
  it('refuses a shape of another size', () => {
    expect(() => reshapeWeights(literalWeights(new Float32Array(6), [2, 3]), [4])).toThrow('[2,3]');
  });
});

describe('requireFinite', () => {
  it('names the first weight that holds what is no number, and how many', () => {
    const weights = [
      { name: 'a', data: () => Float32Array.of(1, 2) },
      { name: 'b', data: () => Float32Array.of(1, Number.POSITIVE_INFINITY, Number.NaN) },
    ];
    expect(() => requireFinite(weights.slice(0, 1), 'model.json')).not.toThrow();
    expect(() => requireFinite(weights, 'model.json')).toThrow(
      'model.json must hold finite weights; received Infinity in "b": 2 of its 3 values',
    );
  });
});
