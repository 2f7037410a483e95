import { type Colour, ellipse, polygon, props, type Shape } from '../shape.ts';

/** A full bowl on the ground around `x`, for animals that eat. */
export function bowl(x: number, colour: Colour): Shape[] {
  const rim = 0.2;
  const [wide, narrow] = [0.26, 0.18];
  return props([
    polygon(
      [
        [x - wide, rim],
        [x - narrow, 0.03],
        [x + narrow, 0.03],
        [x + wide, rim],
      ],
      { colour },
      0.025,
    ),
    ellipse([x, rim + 0.025], wide - 0.03, 0.065, { colour: [126, 78, 50] }),
  ]);
}
