/** What systems can look at. To add a kind: a file here, a line in the list. */
import { Kinds } from '../core/kind.ts';
import { clip } from './clip.ts';
import { flow } from './flow.ts';
import { flowImages } from './flow-images.ts';
import { flowLines } from './flow-lines.ts';
import { frame } from './frame.ts';
import type { Input } from './input.ts';
import { motionMap } from './motion-map.ts';
import { spread } from './spread.ts';
import { windows } from './windows.ts';

export type { FrameSize, Input, Place } from './input.ts';

export const inputKinds = new Kinds<Input>('input', [
  ...[frame, clip, spread, windows],
  ...[flow, flowImages, flowLines, motionMap],
]);
