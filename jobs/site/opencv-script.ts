import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { UserError } from '../../src/core/errors.ts';

/** What a site with optical flow has besides, by path in it. The script is 10.9 MB, 3.5 with gzip. */
export const openCvFiles = ['opencv/opencv.mjs', 'opencv/LICENSE'] as const;

/** What the package's script looks at to find out where it is: a module has none of it, so it is given. */
const head = 'const module = { exports: {} };\nconst exports = module.exports;\nconst define = undefined;\n';
const foot = '\nexport default module.exports;\n';

/**
 * Puts OpenCV into a site, where the page looks for it: the installed package's script, as a module. Only for sites
 * with a bundle that needs flow.
 *
 * @throws UserError when the package is not installed
 */
export async function writeOpenCv(site: string): Promise<void> {
  const script = openCvScript();
  const [module, licence] = openCvFiles.map((file) => join(site, file));
  await mkdir(dirname(module), { recursive: true });
  await writeFile(module, head + (await readFile(script, 'utf8')) + foot);
  await copyFile(join(dirname(script), '..', 'LICENSE'), licence);
}

function openCvScript(): string {
  try {
    return createRequire(import.meta.url).resolve('@techstark/opencv-js');
  } catch (cause) {
    throw new UserError('a site with optical flow needs OpenCV', {
      received: 'none installed',
      remedy: 'npm install @techstark/opencv-js@4.12.0-release.1',
      cause,
    });
  }
}
