import { describe, expect, it } from 'vitest';
import { a2dLabels, actorAction } from '../../../src/core/labels.ts';
import { Rng } from '../../../src/core/rng.ts';
import { planMotion } from '../../../src/datasets/synth/motion.ts';
import { planScene, type Scene } from '../../../src/datasets/synth/scene.ts';
import type { Annotation } from '../../../src/node/mat-file.ts';

const size = { width: 64, height: 48, frames: 24 };

function annotate(scene: Scene, frame: number): Annotation {
  scene.draw(frame);
  return scene.annotation();
}

const area = (mask: Uint8Array) => mask.reduce((sum, value) => sum + value, 0) / mask.length;

/** Largest distance between the distributions of two samples of one size (Kolmogorov-Smirnov). */
function distance(a: readonly number[], b: readonly number[]): number {
  const [sortedA, sortedB] = [[...a].sort((p, q) => p - q), [...b].sort((p, q) => p - q)];
  let most = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const x = Math.min(sortedA[i], sortedB[j]);
    while (sortedA[i] <= x) i++;
    while (sortedB[j] <= x) j++;
    most = Math.max(most, Math.abs(i - j) / a.length);
  }
  return most;
}

describe('a scene', () => {
  it.each(a2dLabels.codes.map((code) => [a2dLabels.names[a2dLabels.codes.indexOf(code)], code] as const))(
    'shows %s in every frame, with its code and no other',
    (_, code) => {
      for (let seed = 0; seed < 3; seed++) {
        const scene = planScene([code], size, new Rng(`${code}/${seed}`));
        for (let frame = 1; frame <= size.frames; frame += 5) {
          const { labelMap, objects } = annotate(scene, frame);
          expect(new Set(labelMap.codes)).toEqual(new Set([0, code]));
          expect(objects.map((object) => object.code)).toEqual([code]);
          expect(area(objects[0].mask)).toBeGreaterThan(0.015);
          expect(area(objects[0].mask)).toBeLessThan(0.35);
        }
      }
    },
  );

  it('gives every figure a mask that its code fills, in a box that the mask touches on all sides', () => {
    for (let seed = 0; seed < 20; seed++) {
      const scene = planScene([18, 19, 78, 34], size, new Rng(seed));
      const { labelMap, objects } = annotate(scene, 9);
      const { width, height, codes } = labelMap;
      const union = new Uint8Array(codes.length);
      for (const { code, box, mask } of objects) {
        const xs: number[] = [];
        const ys: number[] = [];
        mask.forEach((seen, i) => {
          if (!seen) return;
          expect(union[i], 'masks do not overlap').toBe(0);
          union[i] = code;
          xs.push((i % width) + 1);
          ys.push(Math.floor(i / width) + 1);
        });
        expect(box).toEqual([Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)]);
        expect(box[2]).toBeLessThanOrEqual(width);
        expect(box[3]).toBeLessThanOrEqual(height);
      }
      expect(union).toEqual(codes);
    }
  });

  it('keeps most of every figure in sight where four share the frame', () => {
    const visible: number[] = [];
    for (let seed = 0; seed < 40; seed++) {
      const { objects } = annotate(planScene([18, 17, 78, 36], size, new Rng(`four/${seed}`)), 12);
      visible.push(...objects.map(({ mask }) => area(mask)), ...Array(4 - objects.length).fill(0));
    }
    expect(visible.filter((share) => share > 0.01).length / visible.length).toBeGreaterThan(0.97);
  });

  it('draws the same frame the same way, whatever was drawn before', () => {
    const [one, other] = [planScene([19, 55], size, new Rng('a')), planScene([19, 55], size, new Rng('a'))];
    one.draw(20);
    expect(one.draw(7).data).toEqual(other.draw(7).data);
    expect(planScene([19, 55], size, new Rng('b')).draw(7).data).not.toEqual(other.draw(7).data);
  });

  it('moves its backdrop', () => {
    const scene = planScene([39], { ...size, frames: 32 }, new Rng(4));
    const [first, last] = [scene.draw(1).data, scene.draw(32).data];
    const changed = first.filter((value, i) => value !== last[i]).length / first.length;
    expect(changed).toBeGreaterThan(0.3);
  });
});

describe('walking, running and none', () => {
  const stage = { ...size, width: 128, unit: 20, margin: 16, ceiling: 30 };
  const draws = 4000;
  const motions = (action: 'walking' | 'running' | 'none') =>
    Array.from({ length: draws }, (_, i) => planMotion(action, new Rng(`${action}/${i}`), stage));
  const all = { walking: motions('walking'), running: motions('running'), none: motions('none') };
  const pairs = [
    ['walking', 'running'],
    ['walking', 'none'],
    ['running', 'none'],
  ] as const;

  // 4000 draws of one distribution against 4000 more: a distance above 0.044 has a probability of 0.001.
  it.each(pairs)('%s and %s are at the same places, in the same stride, at any frame', (a, b) => {
    for (const frame of [1, 12, 24]) {
      const places = (of: keyof typeof all) => all[of].map((motion) => motion(frame).x);
      const phases = (of: keyof typeof all) => all[of].map((motion) => motion(frame).phase % 1);
      const facing = (of: keyof typeof all) =>
        all[of].filter((motion) => motion(frame).facing > 0).length / draws;
      expect(distance(places(a), places(b))).toBeLessThan(0.044);
      expect(distance(phases(a), phases(b))).toBeLessThan(0.044);
      expect(Math.abs(facing(a) - facing(b))).toBeLessThan(0.037);
    }
  });

  it('differ in the way that they go in 16 frames', () => {
    const way = (motion: (frame: number) => { x: number }) => {
      let sum = 0;
      for (let frame = 2; frame <= 17; frame++) sum += Math.abs(motion(frame).x - motion(frame - 1).x);
      return sum / stage.width;
    };
    const ways = (of: keyof typeof all) => all[of].map(way);
    expect(Math.max(...ways('none'))).toBeLessThan(0.02);
    expect(Math.min(...ways('walking'))).toBeGreaterThan(0.09);
    expect(Math.max(...ways('walking'))).toBeLessThan(0.131);
    // Where a figure turns round at the edge, the frame does not see the last bit of its way.
    expect(Math.min(...ways('running'))).toBeGreaterThan(0.27);
  });

  const codes = a2dLabels.codes.filter((code) => actorAction(code).actor === 'dog' && code % 10 >= 7);
  it('look alike in a frame: size, shape and place of what is drawn', () => {
    const drawn = codes.map((code) =>
      Array.from({ length: 150 }, (_, i) => {
        const [object] = annotate(planScene([code], size, new Rng(`look/${code}/${i}`)), 12).objects;
        const [x0, y0, x1, y1] = object.box;
        return { x: x0 + x1, y: y0 + y1, width: x1 - x0, height: y1 - y0, area: area(object.mask) };
      }),
    );
    for (const [a, b] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ]) {
      for (const measure of ['x', 'y', 'width', 'height', 'area'] as const) {
        const values = (of: number) => drawn[of].map((figure) => figure[measure]);
        // 150 against 150: above 0.225 has a probability of 0.001.
        expect(distance(values(a), values(b)), `${measure} of ${codes[a]} and ${codes[b]}`).toBeLessThan(
          0.225,
        );
      }
    }
  });
});
