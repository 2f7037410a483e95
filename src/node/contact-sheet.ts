import { UserError } from '../core/errors.ts';
import type { RgbImage } from '../image/image.ts';
import { resizeBilinear } from '../image/resize.ts';
import { readImage } from './image-file.ts';

export interface ContactSheetOptions {
  /** Images a row. */
  readonly columns: number;
  /** A text below each image; `\n` starts a new line, and what does not fit is cut with an ellipsis. */
  readonly captions?: readonly string[];
  /** Size of a picture on the sheet in pixels; images are fitted into it, centred. The first image's own where absent. */
  readonly cell?: { readonly width: number; readonly height: number };
}

const gap = 8;
const fontSize = 12;
const lineHeight = 16;
/** Mean width of a letter of a sans-serif font, in ems. */
const letterWidth = 0.54;
const paper = [255, 255, 255] as const;

/**
 * Lays images out in rows, left to right, on white, with captions below them.
 *
 * @throws Error when there are no images, or not as many captions as images
 * @throws UserError when there are captions and the machine has no font to set them in
 * @example await contactSheet(frames, { columns: 6, captions: labels, cell: { width: 160, height: 120 } });
 */
export async function contactSheet(
  images: readonly RgbImage[],
  options: ContactSheetOptions,
): Promise<RgbImage> {
  const { columns, captions } = options;
  if (images.length === 0) throw new Error('a contact sheet needs an image');
  if (captions && captions.length !== images.length) {
    throw new Error(
      `a contact sheet of ${images.length} images needs as many captions, has ${captions.length}`,
    );
  }
  const cell = options.cell ?? images[0];
  const letters = Math.floor(cell.width / (fontSize * letterWidth));
  const lines = captions?.map((caption) => caption.split('\n').map((line) => cut(line, letters)));
  const text = lines ? Math.max(...lines.map(({ length }) => length)) * lineHeight + 4 : 0;
  const [stepX, stepY] = [cell.width + gap, cell.height + text + gap];
  const width = gap + Math.min(columns, images.length) * stepX;
  const height = gap + Math.ceil(images.length / columns) * stepY;
  const corner = (i: number) => [gap + (i % columns) * stepX, gap + Math.floor(i / columns) * stepY] as const;

  const sheet = lines
    ? await setCaptions(lines, width, height, cell.width, (i) => [corner(i)[0], corner(i)[1] + cell.height])
    : { width, height, data: new Uint8Array(width * height * 3).fill(paper[0]) };
  images.forEach((image, i) => {
    const scale = Math.min(cell.width / image.width, cell.height / image.height);
    const [w, h] = [
      Math.max(1, Math.round(image.width * scale)),
      Math.max(1, Math.round(image.height * scale)),
    ];
    const fitted = w === image.width && h === image.height ? image : resizeBilinear(image, w, h);
    const [x, y] = corner(i);
    paste(sheet, fitted, x + Math.floor((cell.width - w) / 2), y + Math.floor((cell.height - h) / 2));
  });
  return sheet;
}

function cut(line: string, letters: number): string {
  return line.length <= letters ? line : `${line.slice(0, Math.max(1, letters - 1))}…`;
}

function escapeXml(text: string): string {
  return text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A white sheet with only the captions on it, centred under where the pictures go. */
async function setCaptions(
  captions: readonly (readonly string[])[],
  width: number,
  height: number,
  cellWidth: number,
  below: (i: number) => readonly [number, number],
): Promise<RgbImage> {
  const texts = captions.flatMap((lines, i) =>
    lines.map((line, row) => {
      const [x, y] = [below(i)[0], below(i)[1] + row * lineHeight];
      // A nested picture, so that wide letters end at the cell.
      return `<svg x="${x}" y="${y}" width="${cellWidth}" height="${lineHeight + 2}"><text x="${cellWidth / 2}" y="${lineHeight - 2}">${escapeXml(line)}</text></svg>`;
    }),
  );
  const style = `font-family="DejaVu Sans, Helvetica, Arial, sans-serif" font-size="${fontSize}" text-anchor="middle" fill="#333"`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="#fff"/><g ${style}>${texts.join('')}</g></svg>`;
  const sheet = await readImage(new TextEncoder().encode(svg), 'the captions');
  if (captions.flat().join('').trim() !== '' && sheet.data.every((value) => value === 255)) {
    throw new UserError('captions need a font, and this machine has none', {
      remedy: 'install one (apt-get install fonts-dejavu-core)',
    });
  }
  return sheet;
}

function paste(onto: RgbImage, image: RgbImage, x: number, y: number): void {
  for (let row = 0; row < image.height; row++) {
    const line = image.data.subarray(row * image.width * 3, (row + 1) * image.width * 3);
    onto.data.set(line, ((y + row) * onto.width + x) * 3);
  }
}
