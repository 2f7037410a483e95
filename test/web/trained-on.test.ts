import { describe, expect, it } from 'vitest';
import type { BundleManifest } from '../../src/bundle/manifest.ts';
import { trainedOn } from '../../web/page/trained-on.ts';

const of = (...records: BundleManifest['provenance'][]) => trainedOn(records);

describe('trainedOn', () => {
  it('says nothing of bundles that say nothing', () => {
    expect(of({}, { system: 'pcd-resnet', dataset: 7 })).toBeNull();
  });

  it('calls drawn figures drawn, and warns of photographs', () => {
    const drawn = { dataset: 'synthetic-a2d', pretrained: undefined };
    expect(of(drawn, drawn)).toMatch(/^Trained on drawn figures .*nothing else: on photographs .*guessing/);
    const ensemble = { ensemble: [{ name: 'a', provenance: drawn }, { provenance: drawn }] };
    expect(of(ensemble)).toBe(of(drawn));
  });

  it('names each data set once, and tells of pretraining and of those that do not say', () => {
    const line = of({ dataset: 'a2d' }, { dataset: 'a2d' }, { dataset: 'mine' });
    expect(line).toMatch(/^Trained on the videos of A2D and mine: /);
    const pretrained = { dataset: 'synthetic-a2d', pretrained: { file: 'r18.pth' } };
    expect(of(pretrained)).toMatch(/\(synthetic-a2d\) \(after pretraining\): on pictures of another kind/);
    expect(of({ dataset: 'a2d' }, {})).toMatch(/^Some are trained on the videos of A2D/);
  });
});
