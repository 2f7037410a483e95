import { type ColourProfile, colourProfile, unsupportedProfile } from './colour-profile.ts';
import { type ColourSpace, codedColourSpace, gammaColourSpace } from './colour-space.ts';
import { latin1 } from './file-format.ts';
import { damaged, truncated, unsupported } from './image-fault.ts';

/**
 * Checks a PNG's chunks, and says what colours it has: cICP before iCCP before sRGB before gAMA with cHRM, as the PNG
 * specification (third edition) ranks them; cHRM alone counts for nothing, nor does a profile that is damaged or made
 * for another kind of picture. Null: sRGB, or a profile for the decoder.
 *
 * @throws ImageFault when its end is missing, when it is animated, and for colours that are not converted
 */
export async function inspectPng(bytes: Uint8Array): Promise<ColourSpace | null> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const chunks = new Map<string, DataView>();
  let isAnimated = false;
  let data = 0;
  for (let at = 8; ; ) {
    const length = at + 8 <= bytes.length ? view.getUint32(at) : 0;
    if (at + 12 + length > bytes.length) {
      const part = data > 0 ? `${data} bytes of its picture` : 'nothing of its picture';
      throw truncated(`a PNG of ${bytes.length} bytes with ${part} and no end`);
    }
    const type = latin1(bytes.subarray(at + 4, at + 8));
    if (type === 'IEND') break;
    if (!/^[A-Za-z]{4}$/.test(type)) throw damaged(`a PNG with nonsense from byte ${at}`);
    if (type === 'IDAT') data += length;
    // Later ones do not count, nor does what comes after the picture has begun.
    else if (data === 0 && !chunks.has(type))
      chunks.set(type, new DataView(view.buffer, view.byteOffset + at + 8, length));
    at += 12 + length;
  }
  const animation = chunks.get('acTL');
  if (animation && animation.byteLength >= 8) {
    isAnimated = animation.getUint32(0) > 1 || !chunks.has('fcTL');
  }
  if (isAnimated) throw animated('an animated PNG', 'ffmpeg -i picture.png -pix_fmt yuv420p clip.mp4');
  const coded = codedSpace(chunks);
  if (coded !== undefined) return coded;
  const profile = await profileOf(chunks.get('iCCP'));
  const header = chunks.get('IHDR');
  if (!header || header.byteLength < 13) throw damaged('a PNG without a header');
  const [depth, kind] = [header.getUint8(8), header.getUint8(9)];
  const isGrey = (kind & 2) === 0;
  if (!profile?.fits(isGrey)) return gammaSpace(chunks);
  if (!profile.space && (isGrey || depth > 8)) throw unsupportedProfile(isGrey);
  return profile.space;
}

/** What an animation is told: neither its first frame nor any other stands for it. */
export function animated(what: string, command: string) {
  return unsupported(
    `${what} of several frames`,
    `make it a video (${command}) or save the frame that counts as PNG`,
  );
}

async function profileOf(chunk: DataView | undefined): Promise<ColourProfile | null> {
  if (!chunk) return null;
  // A copy, since a Blob takes no shared memory.
  const body = Uint8Array.from(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
  // A name, its end, and the method of compression, of which there is one.
  const deflated = new Blob([body.subarray(body.indexOf(0) + 2)]).stream();
  try {
    return colourProfile(await inflated(deflated.pipeThrough(new DecompressionStream('deflate'))));
  } catch {
    return null;
  }
}

/** Ten times the largest profiles that printers come with: a few bytes can be told to become gigabytes. */
const largestProfile = 2 ** 24;

/** @throws RangeError beyond the largest profile */
async function inflated(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const reader = stream.getReader();
  for (let length = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) return new Uint8Array(await new Blob(chunks as Uint8Array<ArrayBuffer>[]).arrayBuffer());
    length += value.length;
    if (length > largestProfile) {
      await reader.cancel();
      throw new RangeError('no colour profile is that large');
    }
    chunks.push(value);
  }
}

/** Undefined: there is no cICP chunk. */
function codedSpace(chunks: ReadonlyMap<string, DataView>): ColourSpace | null | undefined {
  const coded = chunks.get('cICP');
  if (!coded || coded.byteLength < 4) return undefined;
  if (coded.getUint8(2) !== 0 || coded.getUint8(3) !== 1) {
    throw unsupported('a PNG whose cICP chunk says YCbCr or limited range', 'save it again as PNG in sRGB');
  }
  return codedColourSpace(coded.getUint8(0), coded.getUint8(1));
}

function gammaSpace(chunks: ReadonlyMap<string, DataView>): ColourSpace | null {
  const [gamma, points] = ['gAMA', 'cHRM'].map((type) => chunks.get(type));
  if (chunks.has('sRGB') || !gamma || gamma.byteLength < 4) return null;
  const value = gamma.getUint32(0) / 100000;
  if (value === 0) return null;
  const xy =
    points && points.byteLength >= 32
      ? Array.from({ length: 8 }, (_, i) => points.getUint32(4 * i) / 100000)
      : null;
  return gammaColourSpace(value, xy);
}
