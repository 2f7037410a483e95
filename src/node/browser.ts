import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const names = [
  'chromium',
  'chromium-browser',
  'google-chrome-stable',
  'google-chrome',
  'chrome',
  'microsoft-edge',
];

/** Where browsers are that do not go on the PATH. */
const places: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  ],
  win32: [process.env.PROGRAMFILES, process.env['PROGRAMFILES(X86)'], process.env.LOCALAPPDATA].flatMap(
    (root) =>
      root
        ? [
            join(root, 'Google/Chrome/Application/chrome.exe'),
            join(root, 'Microsoft/Edge/Application/msedge.exe'),
          ]
        : [],
  ),
};

/**
 * A Chromium (or Chrome, or Edge) on this machine, or null where there is none that can be started: the one that
 * CHROMIUM_PATH names, else the first on the PATH or in its usual place.
 */
export async function findBrowser(): Promise<{ path: string; version: string } | null> {
  const given = process.env.CHROMIUM_PATH;
  const candidates = given
    ? [given]
    : [
        ...(process.env.PATH ?? '')
          .split(delimiter)
          .flatMap((folder) => names.map((name) => join(folder, name))),
        ...(places[process.platform] ?? []),
      ];
  for (const path of candidates) {
    const executable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (!executable) continue;
    // On Windows `--version` opens a window; that the file is there has to do.
    if (process.platform === 'win32') return { path, version: 'installed' };
    const version = await run(path, ['--version'], { timeout: 20_000 }).then(
      ({ stdout }) => stdout.trim(),
      () => null,
    );
    if (version) return { path, version };
  }
  return null;
}
