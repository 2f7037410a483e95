import { LRUCache } from 'lru-cache';
import type { RgbImage } from './image.ts';

export type FrameMemory = LRUCache<string, RgbImage>;

/**
 * Frames by name, the latest used kept within a number of bytes of pixels; a frame that is larger is not kept.
 *
 * @param bytes 0 or more, rounded down; below 1, nothing is kept
 */
export function frameMemory(bytes: number): FrameMemory {
  return new LRUCache({
    // To the library, 0 means without a limit; no frame has one byte.
    maxSize: Math.max(1, Math.floor(bytes)),
    sizeCalculation: ({ data }) => data.byteLength,
  });
}
