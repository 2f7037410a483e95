import { join } from 'node:path';
import { writeFileAtomic } from '../../src/node/atomic-file.ts';
import type { JpegEncoder, ReportData } from './data.ts';
import { reportPage } from './page.ts';
import { attentionRange, dataUrl, overlayAttention, thumbnail } from './picture.ts';

export type * from './data.ts';

/**
 * Writes `index.html` into `folder`: one file that needs nothing else, neither network nor script, for a screen
 * (light or dark) and for paper.
 *
 * @param encodeJpeg for the pictures that are embedded
 * @returns the file's path
 * @throws UserError when it cannot be written; an earlier report is then left as it was
 */
export async function writeReport(
  folder: string,
  data: ReportData,
  encodeJpeg: JpegEncoder,
): Promise<string> {
  const errors = await Promise.all(data.errors.map(({ image }) => dataUrl(thumbnail(image), encodeJpeg)));
  const attention = await Promise.all(
    data.attention.map(async ({ image, map }) => {
      const frame = thumbnail(image);
      const [low, high] = attentionRange(map);
      return {
        frame: await dataUrl(frame, encodeJpeg),
        overlay: await dataUrl(overlayAttention(frame, map), encodeJpeg),
        range: `${low.toFixed(2)}–${high.toFixed(2)}`,
      };
    }),
  );
  const path = join(folder, 'index.html');
  await writeFileAtomic(path, reportPage(data, { errors, attention }));
  return path;
}
