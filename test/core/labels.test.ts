import { describe, expect, it } from 'vitest';
import {
  a2dActionLabels,
  a2dActions,
  a2dActorLabels,
  a2dActors,
  a2dLabels,
  actorAction,
  labelSetHash,
  multiHot,
  unionTruth,
} from '../../src/core/labels.ts';

/** The actors and actions of A2D, and the combinations that do not occur (Xu et al. 2015, figure 2). */
const actors = 'adult baby ball bird car cat dog'.split(' ');
const actions = 'climbing crawling eating flying jumping rolling running walking none'.split(' ');
const absent = [14, 23, 24, 25, 27, 31, 32, 33, 37, 38, 42, 47, 51, 52, 53, 58, 62, 64, 71, 74];

describe('the labels of A2D', () => {
  it('are the 43 of the 63 actors and actions that occur, actor by actor', () => {
    const valid = actors.flatMap((actor, a) =>
      actions.flatMap((action, b) => {
        const code = 10 * (a + 1) + b + 1;
        return absent.includes(code) ? [] : { code, name: `${actor}-${action}` };
      }),
    );
    expect(valid).toHaveLength(43);
    expect(a2dLabels.codes).toEqual(valid.map(({ code }) => code));
    expect(a2dLabels.names).toEqual(valid.map(({ name }) => name));
    expect([a2dActors, a2dActions]).toEqual([actors, actions]);
  });

  it('have a name for each digit of their code', () => {
    expect(actorAction(11)).toEqual({ actor: 'adult', action: 'climbing' });
    expect(actorAction(68)).toEqual({ actor: 'cat', action: 'walking' });
    expect(actorAction(79)).toEqual({ actor: 'dog', action: 'none' });
  });
});

describe('labelSetHash', () => {
  // By hashlib. Bundles and predictions are joined by it: another value makes all that exist strangers.
  it('is the sha256 of the names, one a line', async () => {
    expect(await labelSetHash({ names: ['walk', 'run'] })).toBe(
      '3570d375728559b0da1679f8bb8604d8406e4b9f67e1d100233a749c12dedaab',
    );
    expect(await labelSetHash(a2dLabels)).toBe(
      '67ae5b9e662e79b022c1595f17d9fbd4f1afdee7e7df890a91904a33daae360f',
    );
  });

  it('differs where the order does', async () => {
    expect(await labelSetHash({ names: ['run', 'walk'] })).not.toBe(
      await labelSetHash({ names: ['walk', 'run'] }),
    );
  });
});

describe('multiHot', () => {
  const labels = { names: ['a', 'b', 'c'], codes: [30, 10, 20] };

  it('has a 1 for each code of the set that occurs, in the order of the set', () => {
    expect([...multiHot([20, 30, 20], labels)]).toEqual([1, 0, 1]);
    expect([...multiHot(new Set([10]), labels)]).toEqual([0, 1, 0]);
  });

  it('has nothing for codes outside the set, and three zeros for none', () => {
    expect([...multiHot([99, 0, -1], labels)]).toEqual([0, 0, 0]);
    expect([...multiHot([], labels)]).toEqual([0, 0, 0]);
  });
});

describe("A2D's marginals", () => {
  const truthOf = (...codes: number[]) => multiHot(codes, a2dLabels);
  const named = (truth: Uint8Array, { names }: { names: readonly string[] }) =>
    names.filter((_, i) => truth[i] === 1);

  it('are seven actors and nine actions, and every label is in one of each', () => {
    for (const [space, count] of [
      [a2dActorLabels, 7],
      [a2dActionLabels, 9],
    ] as const) {
      expect(space.names).toHaveLength(count);
      expect(space.of?.space).toBe('a2d');
      expect(space.of?.parts.flat().sort((a, b) => a - b)).toEqual([...a2dLabels.codes.keys()]);
    }
  });

  it('hold where one of their labels does', () => {
    // baby-rolling, bird-flying, bird-eating; then nothing; then dog-none.
    const truth = Uint8Array.from([...truthOf(26, 44, 43), ...truthOf(), ...truthOf(79)]);
    const actors = unionTruth(truth, 43, a2dActorLabels);
    const actions = unionTruth(truth, 43, a2dActionLabels);
    expect([0, 1, 2].map((i) => named(actors.subarray(i * 7, i * 7 + 7), a2dActorLabels))).toEqual([
      ['baby', 'bird'],
      [],
      ['dog'],
    ]);
    expect([0, 1, 2].map((i) => named(actions.subarray(i * 9, i * 9 + 9), a2dActionLabels))).toEqual([
      ['eating', 'flying', 'rolling'],
      [],
      ['none'],
    ]);
  });

  it('follow from labels they are of, and from no others', () => {
    expect(() => unionTruth(truthOf(26), 43, a2dLabels)).toThrow('only a space of unions');
  });
});
