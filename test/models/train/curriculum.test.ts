import { describe, expect, it } from 'vitest';
import { epochClip } from '../../../models/train/curriculum.ts';

const stages = [
  { frames: 4, speed: 2, until: 1 / 3 },
  { frames: 8, speed: 2, until: 2 / 3 },
];
const clip = { frames: 16, speed: 1 };

/** The clips of all epochs, as "frames × speed". */
function clipsOf(
  epochs: number,
  { curriculum = stages, input = clip }: { curriculum?: typeof stages; input?: typeof clip } = {},
): string[] {
  return Array.from({ length: epochs }, (_, i) => {
    const { frames, speed } = epochClip({ curriculum, epochs }, input, i + 1);
    return `${frames} × ${speed}`;
  });
}

describe('a curriculum', () => {
  it('gives every stage its share of the epochs, and the rest to whole clips', () => {
    expect(clipsOf(3)).toEqual(['4 × 2', '8 × 2', '16 × 1']);
    expect(clipsOf(6)).toEqual(['4 × 2', '4 × 2', '8 × 2', '8 × 2', '16 × 1', '16 × 1']);
  });

  it('ends a stage at the nearest epoch', () => {
    // A third of 4 is 1.33, two thirds 2.67.
    expect(clipsOf(4)).toEqual(['4 × 2', '8 × 2', '8 × 2', '16 × 1']);
    // A third of 1 is none at all, two thirds the whole.
    expect(clipsOf(1)).toEqual(['8 × 2']);
  });

  it('may go to the very end', () => {
    expect(clipsOf(2, { curriculum: [{ frames: 4, speed: 2, until: 1 }] })).toEqual(['4 × 2', '4 × 2']);
  });

  it('never makes clips longer than the system takes, whose own step they then have', () => {
    expect(clipsOf(3, { input: { frames: 4, speed: 1 } })).toEqual(['4 × 2', '4 × 1', '4 × 1']);
    expect(clipsOf(3, { input: { frames: 1, speed: 1 } })).toEqual(['1 × 1', '1 × 1', '1 × 1']);
  });

  it('is not needed', () => {
    expect(epochClip({ epochs: 2 }, clip, 1)).toEqual(clip);
    expect(epochClip({ epochs: 2, curriculum: [] }, clip, 2)).toEqual(clip);
  });
});
