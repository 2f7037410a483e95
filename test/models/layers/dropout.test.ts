import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { SeededDropout, withDropoutOf } from '../../../models/layers/dropout.ts';
import { tf } from '../../../models/tf.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const ones = () => tf.ones([40, 50]);
const layer = (rate: number, name = 'dropout', seed = 3) => new SeededDropout({ rate, name, seed });
const dropped = (of: SeededDropout, step: string) =>
  withDropoutOf(step, () => of.apply(ones(), { training: true }) as ReturnType<typeof ones>).dataSync();

describe('dropout', () => {
  it('drops a share of values in training and keeps the mean', () => {
    const values = [...dropped(layer(0.25), '1/0')];
    expect(new Set(values)).toEqual(new Set([0, Math.fround(4 / 3)]));
    const zeros = values.filter((value) => value === 0).length / values.length;
    expect(zeros).toBeGreaterThan(0.21);
    expect(zeros).toBeLessThan(0.29);
  });

  it('draws its masks by step, layer and seed, and the same ones again', () => {
    const first = dropped(layer(0.5), '1/0');
    expect(dropped(layer(0.5), '1/0')).toEqual(first);
    for (const other of [
      dropped(layer(0.5), '1/1'),
      dropped(layer(0.5), '2/0'),
      dropped(layer(0.5, 'other'), '1/0'),
      dropped(layer(0.5, 'dropout', 4), '1/0'),
    ]) {
      expect(other).not.toEqual(first);
    }
  });

  it('passes its gradient through what is kept', () => {
    const of = layer(0.5);
    const mask = dropped(of, '1/0');
    const slope = tf.grad((x) =>
      withDropoutOf('1/0', () => tf.sum(of.apply(x, { training: true }) as never)),
    )(ones());
    expect(slope.dataSync()).toEqual(mask);
  });

  it('does nothing outside of training, or at a rate of 0', () => {
    expect((layer(0.5).apply(ones()) as ReturnType<typeof ones>).dataSync()).toEqual(ones().dataSync());
    expect(dropped(layer(0), '1/0')).toEqual(ones().dataSync());
  });

  it('is not trained without a step: its masks would repeat themselves', () => {
    expect(() => layer(0.5).apply(ones(), { training: true })).toThrow('withDropoutOf');
    expect(() =>
      withDropoutOf('1/0', () => {
        throw new Error('no memory');
      }),
    ).toThrow('no memory');
    expect(() => layer(0.5).apply(ones(), { training: true })).toThrow('withDropoutOf');
  });
});
