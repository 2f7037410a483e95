import { expect, it } from 'vitest';
import { frameMemory } from '../../src/image/frame-memory.ts';

/** A frame of three bytes a pixel. */
const frame = (pixels: number) => ({ width: pixels, height: 1, data: new Uint8Array(3 * pixels) });

it('keeps what was used latest, within its bytes, whatever the sizes', () => {
  const memory = frameMemory(30);
  memory.set('a', frame(4));
  memory.set('b', frame(4));
  expect(memory.get('a')?.width).toBe(4);
  memory.set('c', frame(6));
  expect([...memory.keys()].sort()).toEqual(['a', 'c']);
  expect(memory.calculatedSize).toBe(30);
  memory.set('d', frame(11));
  expect(memory.get('d')).toBeUndefined();
  expect(memory.calculatedSize).toBeLessThanOrEqual(30);
});

it.each([0, 0.5, 2.9])('keeps nothing in %d bytes', (bytes) => {
  const memory = frameMemory(bytes);
  memory.set('a', frame(1));
  expect(memory.size).toBe(0);
});
