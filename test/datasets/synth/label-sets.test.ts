import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../src/core/hash.ts';
import { a2dLabels } from '../../../src/core/labels.ts';
import { Rng } from '../../../src/core/rng.ts';
import { a2dLabelSets, drawLabelSets } from '../../../src/datasets/synth/label-sets.ts';

const total = a2dLabelSets.reduce((sum, { count }) => sum + count, 0);

/** Share of the sets that contain each label. */
function labelShares(sets: readonly { codes: readonly number[]; count: number }[]): number[] {
  const all = sets.reduce((sum, { count }) => sum + count, 0);
  return a2dLabels.codes.map(
    (code) =>
      sets.filter(({ codes }) => codes.includes(code)).reduce((sum, { count }) => sum + count, 0) / all,
  );
}

describe('the table of label sets', () => {
  it('holds sets of one to four valid labels, each once, and every label', () => {
    const keys = a2dLabelSets.map(({ codes }) => codes.join('+'));
    expect(new Set(keys).size).toBe(keys.length);
    for (const { codes, count } of a2dLabelSets) {
      expect(codes.length).toBeGreaterThanOrEqual(1);
      expect(codes.length).toBeLessThanOrEqual(4);
      expect(new Set(codes).size).toBe(codes.length);
      expect(codes.every((code) => a2dLabels.codes.includes(code))).toBe(true);
      expect(count).toBeGreaterThanOrEqual(3);
    }
    expect(Math.min(...labelShares(a2dLabelSets))).toBeGreaterThan(0);
  });

  it('is the table that test/golden/a2d-label-sets.py wrote', async () => {
    const written = a2dLabelSets.map(({ codes, count }) => `${codes.join('+')}:${count}`);
    expect([written.length, total]).toEqual([257, 9483]);
    expect(written.slice(0, 3)).toEqual(['26:268', '44:246', '63:245']);
    // Of all its words, a line each.
    expect(await sha256(written.join('\n'))).toBe(
      '5718bdc0c2b15a18c58cc9d5985a5f219d9839ed8b95817b45a5af23b633ef0f',
    );
  });
});

const realSets = fileURLToPath(
  new URL('../../../../shared/real/a2d-labels/newVideoSet.csv', import.meta.url),
);
const real = existsSync(realSets);
if (!real) console.warn(`skipped "the table of label sets against A2D's own": ${realSets} is missing`);

describe.runIf(real)("the table of label sets against A2D's own", () => {
  it('counts what the training frames show', () => {
    const counts = new Map<string, number>();
    for (const line of readFileSync(realSets, 'utf8').trim().split('\n').slice(1)) {
      const [, label, usage] = line.split(',');
      const codes = [...new Set(label.split(' ').map(Number))]
        .filter((code) => a2dLabels.codes.includes(code))
        .sort((a, b) => a - b);
      if (usage.trim() !== '0' || codes.length < 1 || codes.length > 4) continue;
      counts.set(codes.join('+'), (counts.get(codes.join('+')) ?? 0) + 1);
    }
    const frequent = [...counts].filter(([, count]) => count >= 3);
    const table = a2dLabelSets.map(({ codes, count }) => [codes.join('+'), count]);
    expect(table.sort()).toEqual(frequent.sort());
  });
});

describe('drawLabelSets', () => {
  const drawn = drawLabelSets(400, new Rng(3));
  const sets = drawn.map((codes) => ({ codes, count: 1 }));

  it('gives every video one to four figures', () => {
    expect(drawn).toHaveLength(400);
    for (const { length } of drawn) expect([1, 2, 3, 4]).toContain(length);
  });

  it('has the proportions of A2D, label by label, already in 400 videos', () => {
    const [expected, actual] = [labelShares(a2dLabelSets), labelShares(sets)];
    // Systematic sampling is off by the sets that a step jumps over; independent draws would be off by up to 0.045.
    expected.forEach((share, i) => {
      expect(Math.abs(actual[i] - share), a2dLabels.names[i]).toBeLessThan(0.012);
    });
  });

  it('has the co-occurrences of A2D', () => {
    for (const { codes, count } of a2dLabelSets.filter(({ count }) => count / total > 0.01)) {
      const key = codes.join('+');
      const seen = drawn.filter((figures) => [...new Set(figures)].sort((a, b) => a - b).join('+') === key);
      expect(Math.abs(seen.length - (400 * count) / total), key).toBeLessThanOrEqual(1);
    }
  });

  it('doubles a figure now and then', () => {
    const doubled = drawn.filter((codes) => new Set(codes).size < codes.length).length / 400;
    expect(doubled).toBeGreaterThan(0.08);
    expect(doubled).toBeLessThan(0.22);
  });
});
