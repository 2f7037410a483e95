import type { Colour } from './shape.ts';

/** What a kind of place is made of. */
export interface Place {
  /** Colours from the top of the frame to the horizon, and from the horizon down. */
  readonly back: readonly [Colour, Colour];
  readonly ground: readonly [Colour, Colour];
  /** Strength of the ground's grain, in grey levels. */
  readonly grain: number;
  readonly far: 'hills' | 'skyline' | 'wall' | 'sea' | 'firs';
  readonly floor: 'grass' | 'road' | 'boards' | 'sand' | 'snow';
}

export const places: readonly Place[] = [
  {
    back: [
      [132, 186, 232],
      [214, 232, 244],
    ],
    ground: [
      [150, 194, 112],
      [104, 156, 84],
    ],
    grain: 16,
    far: 'hills',
    floor: 'grass',
  },
  {
    back: [
      [150, 184, 218],
      [236, 226, 214],
    ],
    ground: [
      [150, 150, 156],
      [116, 116, 124],
    ],
    grain: 10,
    far: 'skyline',
    floor: 'road',
  },
  {
    back: [
      [226, 208, 184],
      [212, 192, 170],
    ],
    ground: [
      [186, 142, 104],
      [152, 110, 78],
    ],
    grain: 8,
    far: 'wall',
    floor: 'boards',
  },
  {
    back: [
      [140, 204, 236],
      [222, 240, 244],
    ],
    ground: [
      [238, 218, 172],
      [218, 190, 140],
    ],
    grain: 10,
    far: 'sea',
    floor: 'sand',
  },
  {
    back: [
      [176, 196, 226],
      [240, 236, 240],
    ],
    ground: [
      [240, 244, 250],
      [212, 222, 238],
    ],
    grain: 7,
    far: 'firs',
    floor: 'snow',
  },
];
