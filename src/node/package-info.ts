import { readFileSync } from 'node:fs';

/** This package's version, from the nearest package.json above this file (in the sources and in `dist`). */
export const packageVersion: string = findVersion(new URL('.', import.meta.url));

function findVersion(folder: URL): string {
  try {
    const { name, version } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8'));
    if (name === 'actionnx') return version;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const parent = new URL('..', folder);
  if (parent.href === folder.href) throw new Error("actionnx's package.json is missing above its own files");
  return findVersion(parent);
}
