import { join } from 'node:path';
import { writeFileAtomic } from '../../src/node/atomic-file.ts';
import type { JpegEncoder, ReportData } from './data.ts';
import { reportPage } from './page.ts';
import { dataUrl, thumbnail } from './picture.ts';

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
  const path = join(folder, 'index.html');
  await writeFileAtomic(path, reportPage(data, errors));
  return path;
}
