import { expect, it } from 'vitest';
import type { Sample } from '../../src/datasets/dataset.ts';
import { SplitSamples } from '../../src/datasets/split-samples.ts';

const sample: Sample = { id: 'a', video: 'a', frame: null, frameCount: 3, group: 'a' };

it('reads a split once, and gives each caller a list of its own', async () => {
  const read: string[] = [];
  const samples = new SplitSamples('/data', ['train', 'test'], async (split) => {
    read.push(split);
    return [{ ...sample, id: split }];
  });
  const [one, two] = await Promise.all([samples.of('train'), samples.of('train')]);
  one.length = 0;
  expect(two.map(({ id }) => id)).toEqual(['train']);
  expect((await samples.of('test')).map(({ id }) => id)).toEqual(['test']);
  expect((await samples.of('train')).map(({ id }) => id)).toEqual(['train']);
  expect(read).toEqual(['train', 'test']);
});

it('reads a split again that could not be read', async () => {
  let count = 0;
  const samples = new SplitSamples('/data', ['train'], async () => {
    if (++count === 1) throw new Error('no such disk');
    return [sample];
  });
  await expect(samples.of('train')).rejects.toThrow('no such disk');
  expect(await samples.of('train')).toEqual([sample]);
});

it('refuses a split that there is not', async () => {
  const samples = new SplitSamples('/data', ['train', 'test'], async () => [sample]);
  await expect(samples.of('val')).rejects.toMatchObject({
    message: 'unknown split of /data; received "val"; known: train, test',
    exitCode: 2,
  });
});
