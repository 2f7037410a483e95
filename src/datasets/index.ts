import { UserError } from '../core/errors.ts';
import { Registry } from '../core/registry.ts';
import { a2d } from './a2d/a2d.ts';
import { isFolder } from './a2d/a2d-splits.ts';
import type { Dataset } from './dataset.ts';
import type { DatasetKind, DatasetOptions } from './dataset-kind.ts';
import { folder } from './folder.ts';
import { stanford40 } from './stanford-40.ts';
import { tvHi } from './tv-hi.ts';

/** Every data set that can be opened. */
export const datasetKinds = new Registry<DatasetKind>('data set', [a2d, folder, stanford40, tvHi]);

/**
 * Opens a data set of any kind, which its layout tells: see `openA2d`, `openFolder`, `openStanford40`, `openTvHi`.
 *
 * @throws UserError where the folder looks like no data set or like two, or something in it is not as it must be
 * @example const dataset = await openDataset('A2D'); const training = await dataset.samples('train');
 */
export async function openDataset(root: string, options: DatasetOptions = {}): Promise<Dataset> {
  if (!(await isFolder(root))) {
    throw new UserError('a data set lies in a folder', {
      received: `${root}, which is no folder`,
      remedy: 'name its folder, or make a synthetic one with `actionnx data synth`',
    });
  }
  const detected = await Promise.all(datasetKinds.all.map((kind) => kind.detect(root)));
  const [kind, other] = datasetKinds.all.filter((_, i) => detected[i]);
  if (!kind) {
    const layouts = datasetKinds.all.map(({ name, layout }) => `${name}: ${layout}`);
    throw new UserError('a data set is known by what its folder holds', {
      received: `${root}, which is like none of them`,
      remedy: layouts.join('; '),
    });
  }
  if (other) {
    throw new UserError('a folder must hold one data set', {
      received: `${root}, which has ${kind.layout} as ${kind.name} and ${other.layout} as ${other.name}`,
      remedy: 'move one of them into a folder of its own',
    });
  }
  return kind.open(root, options);
}
