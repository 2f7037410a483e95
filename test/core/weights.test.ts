import { describe, expect, it } from 'vitest';
import { Scratch } from '../../src/core/scratch.ts';
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

  it('is found whatever the name of its layer', () => {
    const nested = tf.layers.dense({ name: 'block/of/scores', units: 2, inputShape: [3] });
    tf.sequential({ layers: [nested] });
    expect(layerWeight(nested, 'kernel').shape).toEqual([3, 2]);
    expect(layerWeight(nested, 'bias').shape).toEqual([2]);
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
  it('makes them anew, in the scratch memory where there is some', () => {
    const data = Float32Array.of(1, 2, 3, 4, 5, 6);
    const result = transposeWeights(literalWeights(data, [2, 3]), [1, 0]);
    expect(result.fresh).toBe(true);
    const scratch = new Scratch();
    const memory = scratch.floats(6).buffer;
    expect(result.data(scratch).buffer).toBe(memory);
    const [first, second] = [result.data(), result.data()];
    expect([...first]).toEqual([1, 4, 2, 5, 3, 6]);
    expect([first.buffer === memory, first.buffer === second.buffer]).toEqual([false, false]);
    expect([...data]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('reads the weights only when asked', () => {
    const result = transposeWeights({ shape: [2, 3], data: () => expect.unreachable() }, [1, 0]);
    expect(result.shape).toEqual([3, 2]);
  });
});

describe('reshapeWeights', () => {
  it('has the same elements in another shape, made anew where they were', () => {
    const data = Float32Array.of(1, 2, 3, 4, 5, 6);
    const result = reshapeWeights(literalWeights(data, [2, 3]), [3, 1, 2]);
    expect(result.shape).toEqual([3, 1, 2]);
    expect(result.data()).toBe(data);
    expect(result.fresh).toBeUndefined();
    expect(reshapeWeights(transposeWeights(literalWeights(data, [2, 3]), [1, 0]), [6]).fresh).toBe(true);
  });

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
      'model.json must hold finite weights; received Infinity in "b": 2 of its 3 values are no finite numbers; ' +
        'take an earlier checkpoint',
    );
    expect(() => requireFinite(weights.toReversed(), 'model.json')).toThrow('Infinity in "b"');
    expect(() => requireFinite([], 'model.json')).not.toThrow();
  });
});
