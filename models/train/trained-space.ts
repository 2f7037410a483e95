import type { LabelSpace } from '../../src/core/labels.ts';
import { spaceOf } from '../../src/datasets/dataset.ts';
import type { TrainSettings } from './train-settings.ts';

/** The labels that a run is about. @throws UserError (exit 2) where the data set knows nothing of them */
export function trainedSpace({
  system,
  config,
  dataset,
}: Pick<TrainSettings, 'system' | 'config' | 'dataset'>): LabelSpace {
  const name = system.space?.(config);
  return name === undefined ? dataset.spaces[0] : spaceOf(dataset, name);
}
