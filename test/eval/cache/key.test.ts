import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { cacheKey } from '../../../eval/cache/key.ts';
import { clips, frames, windowed } from '../../bundle-parts.ts';
import { tinyBundle } from '../../golden/tiny-bundle.ts';

const window = (count: number) => ({ frames: count, speed: 1, height: 8, width: 8 });

describe('cacheKey', () => {
  it('says in its parts what decides a prediction, and is named by their hash', async () => {
    const { manifest } = await tinyBundle('tiny-clip');
    const { hash, parts } = await cacheKey(manifest, 'cuda');
    expect(parts).toEqual({
      graph: manifest.graph.sha256,
      preprocessing:
        '{"kind":"clip","height":8,"width":8,"frames":4,"speed":2,"resize":"bilinear-antialias"}',
      labels: manifest.labels.hash,
      provider: 'cuda',
      precision: 'float32',
    });
    const sum = createHash('sha256').update(JSON.stringify(parts)).digest('hex');
    expect(hash).toBe(sum.slice(0, 32));
  });

  it('names the weights that lie beside the graph, and the precision', async () => {
    const { manifest } = await tinyBundle('tiny-frame');
    const graph = {
      ...{ ...manifest.graph, sha256: '00', precision: 'fp16' as const },
      external: { file: 'w', sha256: '11', bytes: 1 },
    };
    const { parts } = await cacheKey({ ...manifest, graph }, 'cpu');
    expect(parts).toMatchObject({ graph: '00 11', precision: 'fp16' });
  });

  it('depends on graph, weights, preprocessing, labels, provider and precision, and on nothing else', async () => {
    const { manifest } = await tinyBundle('tiny-frame');
    const { hash } = await cacheKey(manifest, 'cpu');
    expect(hash).toMatch(/^[0-9a-f]{32}$/);
    const same = {
      ...manifest,
      name: 'another',
      task: { kind: 'multi-label' as const, threshold: 0.3 },
      scores: [],
      provenance: { a: 1 },
      inputs: frames({ height: 8, width: 8, mean: [0.1, 0.2, 0.3], std: [1, 2, 3] }),
    };
    expect((await cacheKey(same, 'cpu')).hash).toBe(hash);
    const others = await Promise.all([
      cacheKey(manifest, 'cuda'),
      cacheKey({ ...manifest, graph: { ...manifest.graph, sha256: '00' } }, 'cpu'),
      ...[
        frames({ height: 7, width: 8 }),
        frames({ height: 8, width: 7 }),
        clips({ height: 8, width: 8, frames: 1 }),
        clips({ height: 8, width: 8, frames: 2 }),
        clips({ height: 8, width: 8, frames: 2, speed: 2 }),
        clips({ height: 8, width: 8, frames: 2, at: 'end' }),
        clips({ height: 8, width: 8, frames: 2, edge: 'zero' }),
        windowed({ height: 8, width: 8, windows: [window(1), window(1)] }),
        windowed({ height: 8, width: 8, windows: [window(1), window(2)] }),
        [...frames({ height: 8, width: 8 }), ...frames({ height: 8, width: 8 }, 'other')],
      ].map((inputs) => cacheKey({ ...manifest, inputs }, 'cpu')),
      ...['fp16', 'int8', 'int8-weights'].map((precision) =>
        cacheKey({ ...manifest, graph: { ...manifest.graph, precision } } as typeof manifest, 'cpu'),
      ),
      cacheKey(
        { ...manifest, graph: { ...manifest.graph, external: { file: 'w', sha256: '11', bytes: 1 } } },
        'cpu',
      ),
      cacheKey({ ...manifest, labels: { ...manifest.labels, hash: '00' } }, 'cpu'),
    ]);
    expect(others).toHaveLength(17);
    expect(new Set([hash, ...others.map((other) => other.hash)]).size).toBe(18);
  });
});
