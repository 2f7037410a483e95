import type { Rng } from '../../core/rng.ts';

/** A set of label codes and how often it occurs. */
export interface LabelSetCount {
  readonly codes: readonly number[];
  readonly count: number;
}

/**
 * How many annotated frames of A2D's official training videos show each set of labels: `codes:frames`. Sets of more
 * than four labels, or seen in fewer than three frames, are left out. Derived by test/golden/a2d-label-sets.py.
 */
const table = `
26:268 44:246 63:245 18+78:243 43:239 61:235 11:234 41:233 66:232 73:230 13:224 45:221 46:216 21:215
48:215 57:207 12:202 54:200 56:197 77:196 72:194 22:193 68:193 65:190 76:190 67:179 17:177 18:177
19+55:171 16:167 15:136 28:129 19+35:115 19+28:102 75:97 19+75:86 15+19:74 55:73 19+36:71 19:70 36:66
78:66 16+19:65 19+34:52 15+34:51 19+76:51 17+19:49 19+57:45 19+46:43 19+72:38 18+19:37 19+65:37 17+78:33
19+56:33 35:31 19+21:30 13+19:27 19+54:27 19+66:27 11+19:25 15+17+34:25 19+67:24 12+19:23 18+59+78:22
19+77:20 22+72:20 65+69:20 68+69:20 17+18:19 19+75+79:19 54+59:19 15+18:18 19+35+39:18 19+55+59:18
19+73:18 29+35:18 68+78:18 15+39:17 45+49:16 18+59:15 19+22:15 19+22+29:15 56+59:15 17+19+36:14 17+34:13
17+35:13 17+75:13 19+36+39:13 19+45:13 19+61:13 61+69:13 15+18+19:12 15+18+34:12 48+49:12 17+36:11
19+63:11 36+77:11 67+69:11 36+69:10 57+59:10 63+73:10 68+79:10 15+34+59:9 17+77:9 21+29:9 28+29:9 43+48:9
55+59:9 13+73:8 15+19+34:8 15+35:8 15+59:8 18+19+78+79:8 19+56+59:8 19+68:8 28+78:8 39+65:8 41+49:8
43+49:8 72+79:8 12+39:7 15+19+35:7 15+34+39:7 18+28:7 18+35:7 18+68:7 34:7 12+16:6 12+19+39:6 13+18:6
13+69:6 15+75:6 16+18:6 17+34+39:6 18+72:6 18+75:6 19+22+39:6 19+28+79:6 19+44:6 19+61+69:6 21+39:6
22+39:6 36+39:6 36+46:6 39+67:6 44+48:6 46+49:6 48+59:6 56+57:6 66+69:6 67+68:6 12+18:5 12+79:5 17+19+78:5
18+19+39:5 18+19+75:5 18+68+78:5 19+34+59:5 19+36+39+79:5 19+39+59+75:5 19+59:5 19+78:5 22+69:5 29+72:5
36+79:5 43+63+73:5 59+68:5 59+77:5 63+69:5 76+78:5 15+17:4 15+19+34+39:4 15+19+59:4 18+48:4 19+54+59:4
22+36:4 28+36:4 36+48:4 36+67:4 39+68:4 39+77:4 76+79:4 12+16+18:3 12+19+22:3 12+19+59:3 12+68:3 12+76:3
15+17+18+34:3 15+17+19+34:3 15+19+57+59:3 15+35+59:3 15+79:3 16+18+19:3 16+19+29+59:3 16+19+34:3 16+26:3
16+59:3 17+18+19:3 17+18+36:3 17+18+39:3 17+19+34:3 17+19+35:3 18+19+36:3 18+28+36:3 18+57:3 18+65:3
18+67:3 18+76:3 18+78+79:3 19+21+78:3 19+26:3 19+29+36:3 19+29+48:3 19+35+59:3 19+36+45:3 19+36+78:3
19+39:3 19+39+75:3 19+41:3 19+43:3 19+48:3 19+65+69:3 19+68+69:3 19+72+79:3 19+73+79:3 19+75+78:3
19+75+78+79:3 19+76+79:3 22+79:3 28+59:3 28+69+77:3 28+79:3 29+76:3 29+78:3 35+36:3 35+39:3 36+59:3
39+41:3 39+46:3 39+59+77:3 39+67+69:3 39+72:3 39+73:3 39+76:3 41+48:3 41+49+69:3 43+45+48:3 44+48+49:3
44+77:3 45+48:3 48+57:3 48+78:3 63+68:3 63+68+69:3 66+68:3 69+77:3 75+79:3
`;

/** The label sets of A2D and their frequencies, most frequent first. */
export const a2dLabelSets: readonly LabelSetCount[] = table
  .trim()
  .split(/\s+/)
  .map((entry) => {
    const [codes, count] = entry.split(':');
    return { codes: codes.split('+').map(Number), count: Number(count) };
  });

/** How often a video has one more figure than labels: a second one that does the same as another. */
const doubling = 0.15;

/** Most figures in a video. */
const mostFigures = 4;

/**
 * The figures of `videos` videos: for each the codes that its figures act, one to four, in A2D's frequencies.
 *
 * Label sets are drawn by systematic sampling (one random offset, then equal steps through the cumulated
 * frequencies), so that even a few videos have nearly the proportions of the table.
 */
export function drawLabelSets(videos: number, rng: Rng): number[][] {
  const sets = rng.shuffle(a2dLabelSets);
  const step = sets.reduce((sum, { count }) => sum + count, 0) / videos;
  const drawn: number[][] = [];
  let next = rng.uniform(0, step);
  let end = 0;
  for (const { codes, count } of sets) {
    end += count;
    for (; next < end && drawn.length < videos; next += step) {
      const twice = codes.length < mostFigures && rng.chance(doubling);
      drawn.push(twice ? [...codes, rng.pick(codes)] : [...codes]);
    }
  }
  return rng.shuffle(drawn);
}
