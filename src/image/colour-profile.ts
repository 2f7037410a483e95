import { arePrimaries, type ColourSpace } from './colour-space.ts';
import { latin1 } from './file-format.ts';
import { unsupported } from './image-fault.ts';

/** An ICC profile, as far as it is understood here. */
export interface ColourProfile {
  /** Whether it is made for such pictures: one of RGB serves for grey, too, but not the other way round. */
  fits(isGrey: boolean): boolean;
  /** Null where tables, not a matrix and curves, make its colours: those are left to the decoder. */
  readonly space: ColourSpace | null;
}

/** What is said of a profile of tables where the decoder in use does not obey it. */
export function unsupportedProfile(isGrey: boolean) {
  const picture = isGrey ? 'a grey picture' : 'a picture of more than 8 bits';
  return unsupported(
    `${picture} with a colour profile made of tables`,
    'convert it to sRGB (an 8-bit PNG or JPEG)',
  );
}

const neutral = [0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06];

/**
 * Reads an ICC profile (ICC.1:2022): a matrix with three curves, or the curve of a grey one.
 *
 * @returns null for what is no profile, or a damaged one, which counts as if it were not there
 */
export function colourProfile(bytes: Uint8Array): ColourProfile | null {
  if (bytes.length < 132) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (latin1(bytes.subarray(36, 40)) !== 'acsp' || view.getUint32(0) > bytes.length) return null;
  const tags = tagsOf(view);
  if (!tags) return null;
  const [values, connection] = [16, 20].map((at) => latin1(bytes.subarray(at, at + 4)).trim());
  const fits = (isGrey: boolean) => values === 'RGB' || (values === 'GRAY' && isGrey);
  if (tags.has('A2B0') || connection !== 'XYZ') return { fits, space: null };
  if (values === 'GRAY') {
    const curve = curveOf(tags.get('kTRC'));
    return curve ? { fits, space: { primaries: neutral, toLight: curve } } : null;
  }
  if (values !== 'RGB') return { fits, space: null };
  const curves = ['rTRC', 'gTRC', 'bTRC'].map((name) => curveOf(tags.get(name)));
  const columns = ['rXYZ', 'gXYZ', 'bXYZ'].map((name) => xyzOf(tags.get(name)));
  if (!curves.every((curve) => curve !== null) || !columns.every((column) => column !== null)) return null;
  const white = [0, 1, 2].map((i) => columns.reduce((sum, column) => sum + column[i], 0));
  const primaries = [white, ...columns].flatMap(([x, y, z]) => [x / (x + y + z), y / (x + y + z)]);
  if (!arePrimaries(primaries)) return null;
  return { fits, space: { primaries, toLight: (value, channel) => curves[channel](value) } };
}

/** Each tag's bytes by its name; null where one lies outside. */
function tagsOf(view: DataView): Map<string, DataView> | null {
  const tags = new Map<string, DataView>();
  const count = view.getUint32(128);
  if (132 + 12 * count > view.byteLength) return null;
  for (let at = 132; at < 132 + 12 * count; at += 12) {
    const [offset, length] = [view.getUint32(at + 4), view.getUint32(at + 8)];
    if (length < 8 || offset + length > view.byteLength) return null;
    tags.set(nameAt(view, at), new DataView(view.buffer, view.byteOffset + offset, length));
  }
  return tags;
}

const nameAt = (view: DataView, at: number) => latin1(new Uint8Array(view.buffer, view.byteOffset + at, 4));
const fixed = (view: DataView, at: number) => view.getInt32(at) / 65536;

function xyzOf(tag: DataView | undefined): number[] | null {
  if (!tag || nameAt(tag, 0) !== 'XYZ ' || tag.byteLength < 20) return null;
  return [8, 12, 16].map((at) => fixed(tag, at));
}

function curveOf(tag: DataView | undefined): ((value: number) => number) | null {
  if (!tag || tag.byteLength < 12) return null;
  const kind = nameAt(tag, 0);
  return kind === 'para' ? formulaOf(tag) : kind === 'curv' ? tableOf(tag) : null;
}

/** None: the value itself; one number: a power; more: steps from 0 to 1, with straight lines between. */
function tableOf(tag: DataView): ((value: number) => number) | null {
  const count = tag.getUint32(8);
  if (12 + 2 * count > tag.byteLength) return null;
  if (count === 0) return (v) => v;
  if (count === 1) return (v) => v ** (tag.getUint16(12) / 256);
  const step = (i: number) => tag.getUint16(12 + 2 * Math.min(i, count - 1)) / 65535;
  return (v) => {
    const at = v * (count - 1);
    const below = Math.floor(at);
    return step(below) + (at - below) * (step(below + 1) - step(below));
  };
}

/** ICC.1, table 68: how many numbers each kind of formula has. */
const formulaLengths = [1, 3, 4, 5, 7];

function formulaOf(tag: DataView): ((value: number) => number) | null {
  const kind = tag.getUint16(8);
  const length = formulaLengths[kind];
  if (length === undefined || 12 + 4 * length > tag.byteLength) return null;
  const [g, a = 1, b = 0, c = 0, d = 0, e = 0, f = 0] = Array.from({ length }, (_, i) =>
    fixed(tag, 12 + 4 * i),
  );
  const power = (v: number) => Math.max(0, a * v + b) ** g;
  if (kind === 0) return power;
  if (kind === 1) return (v) => (v >= -b / a ? power(v) : 0);
  if (kind === 2) return (v) => (v >= -b / a ? power(v) : 0) + c;
  return (v) => (v >= d ? power(v) + e : c * v + f);
}
