import { describe, expect, it } from 'vitest';
import { shareInitializers } from '../../../../exporters/onnx/passes/share-initializers.ts';
import { constant, graphOf, node, same, weight } from './graphs.ts';

const x = { x: [4, 2] };
const values = (...data: number[]) => Float32Array.from(data);

describe('shareInitializers', () => {
  it('keeps equal tensors once, and computes the same', async () => {
    const nodes = [node('Add', ['x', 'a'], 'p'), node('Mul', ['p', 'b'], 'q'), node('Sub', ['c', 'q'], 'y')];
    const given = [weight('a', [2]), { ...weight('a', [2]), name: 'b' }, { ...weight('a', [2]), name: 'c' }];
    const after = await same(shareInitializers, graphOf(x, nodes, ['y'], given));
    expect([...after.initializers.keys()]).toEqual(['a']);
  });

  it('tells tensors apart that differ in one value, in shape, in type, or in the sign of zero', async () => {
    const one = Float32Array.of(1, 0);
    const given = [
      constant('a', [2], values(1, 0)),
      constant('b', [2], values(1, 2)),
      constant('c', [2], values(2, 0)),
      constant('d', [1, 2], values(1, 0)),
      constant('e', [2], values(1, -0)),
      constant('f', [2], new Int32Array(one.buffer), 'int32'),
    ];
    const nodes = [
      ...[node('Add', ['x', 'a'], 'p'), node('Mul', ['p', 'b'], 'q'), node('Sub', ['q', 'c'], 'r')],
      ...[
        node('Add', ['r', 'e'], 's'),
        node('Concat', ['s', 'd'], 'y', { axis: 0 }),
        node('Cast', ['f'], 'w', { to: 1 }),
      ],
    ];
    const graph = graphOf(x, nodes, ['y', 'w'], given);
    expect(await same(shareInitializers, graph)).toBe(graph);
  });

  it('keeps a constant that is an output of the graph, and shares it', async () => {
    const given = ['a', 'b', 'c'].map((name) => ({ ...weight('a', [2]), name }));
    const nodes = [node('Add', ['x', 'a'], 'p'), node('Mul', ['p', 'c'], 'y')];
    const after = await same(shareInitializers, graphOf(x, nodes, ['y', 'b'], given));
    expect([...after.initializers.keys()]).toEqual(['a', 'b']);
  });

  it('compares tensors of up to 16,384 elements, and none that carry something more', () => {
    const shared = (size: number, extra?: Uint8Array) => {
      const given = ['a', 'b'].map((name) => ({
        ...constant(name, [size], new Float32Array(size)),
        ...(extra && { extra }),
      }));
      return shareInitializers.apply(graphOf(x, [], ['a'], given)).initializers.size;
    };
    expect([shared(2 ** 14), shared(2 ** 14 + 1), shared(4, Uint8Array.of(1))]).toEqual([1, 2, 2]);
  });
});
