/** The part of a track that is shown, in seconds of the movie. */
export interface ShownPart {
  readonly start: number;
  /** Infinity where the track is shown to its end. */
  readonly end: number;
  /** Parts that the edit list has; a movie of several is put together from pieces of the track. */
  readonly parts: number;
}

/** What is shown where there is no edit list. */
export const wholeTrack: ShownPart = { start: 0, end: Number.POSITIVE_INFINITY, parts: 1 };

/** An MP4 box: its type and the bytes in it. */
type Box = readonly [type: string, content: DataView];

/** Enough for any movie's index; the pictures are never read. */
const largestIndex = 2 ** 29;

/**
 * What an MP4's or MOV's edit list shows of a track (ISO/IEC 14496-12, 8.6.6). A list in a fragmented file only moves
 * the start.
 *
 * @param trackId the track's number in the file
 */
export async function shownPart(file: Blob, trackId: number): Promise<ShownPart> {
  const moov = await movieIndex(file);
  if (!moov) return wholeTrack;
  const boxes = [...boxesOf(moov)];
  const track = boxes.find(([type, content]) => type === 'trak' && idOf(content) === trackId);
  const list = track && find(track[1], 'edts', 'elst');
  const [movie, media] = [find(moov, 'mvhd'), track && find(track[1], 'mdia', 'mdhd')];
  if (!list || !movie || !media) return wholeTrack;
  const [movieScale, trackScale] = [timeScale(movie), timeScale(media)];
  const edits = editsOf(list);
  const parts = edits.filter(({ mediaTime }) => mediaTime >= 0);
  if (parts.length === 0) return wholeTrack;
  const ticks = (duration: number) => Math.round((duration * trackScale) / movieScale);
  const before = edits.slice(0, edits.indexOf(parts[0])).reduce((sum, { duration }) => sum + duration, 0);
  const start = ticks(before);
  const fragmented = boxes.some(([type]) => type === 'mvex');
  const endless = fragmented || parts[0].duration === 0;
  return {
    start: start / trackScale,
    end: endless ? Number.POSITIVE_INFINITY : (start + ticks(parts[0].duration)) / trackScale,
    parts: parts.length,
  };
}

async function movieIndex(file: Blob): Promise<DataView | null> {
  for (let at = 0; at + 8 <= file.size; ) {
    const head = new DataView(await file.slice(at, at + 16).arrayBuffer());
    const { size, headSize, type } = boxHead(head, file.size - at);
    if (size < headSize) return null;
    if (type === 'moov' && size <= largestIndex) {
      return new DataView(await file.slice(at + headSize, at + size).arrayBuffer());
    }
    at += size;
  }
  return null;
}

function boxHead(view: DataView, rest: number): { size: number; headSize: number; type: string } {
  const size = view.getUint32(0);
  const type = String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + 4, 4));
  if (size === 1) {
    const long = view.byteLength >= 16 ? Number(view.getBigUint64(8)) : 0;
    return { size: long, headSize: 16, type };
  }
  return { size: size === 0 ? rest : size, headSize: 8, type };
}

function* boxesOf(content: DataView): Generator<Box> {
  for (let at = 0; at + 8 <= content.byteLength; ) {
    const rest = content.byteLength - at;
    const { size, headSize, type } = boxHead(
      new DataView(content.buffer, content.byteOffset + at, rest),
      rest,
    );
    if (size < headSize || size > rest) return;
    yield [type, new DataView(content.buffer, content.byteOffset + at + headSize, size - headSize)];
    at += size;
  }
}

function find(content: DataView, ...path: readonly string[]): DataView | undefined {
  let inside: DataView | undefined = content;
  for (const wanted of path) {
    inside = inside && [...boxesOf(inside)].find(([type]) => type === wanted)?.[1];
  }
  return inside;
}

/** Version 1 of these boxes has two dates of 64 bits before what is wanted, version 0 of 32. */
function afterDates(box: DataView): number {
  return box.getUint32(box.getUint8(0) === 1 ? 20 : 12);
}

function timeScale(box: DataView): number {
  return afterDates(box);
}

function idOf(track: DataView): number | null {
  const header = find(track, 'tkhd');
  return header ? afterDates(header) : null;
}

/** Duration in the movie's ticks, time in the track's; −1 stands for an empty stretch. */
function editsOf(list: DataView): { duration: number; mediaTime: number }[] {
  const long = list.getUint8(0) === 1;
  const count = Math.min(list.getUint32(4), Math.floor((list.byteLength - 8) / (long ? 20 : 12)));
  return Array.from({ length: count }, (_, i) => {
    const at = 8 + i * (long ? 20 : 12);
    return long
      ? { duration: Number(list.getBigUint64(at)), mediaTime: Number(list.getBigInt64(at + 8)) }
      : { duration: list.getUint32(at), mediaTime: list.getInt32(at + 4) };
  });
}
