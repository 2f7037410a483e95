/**
 * What the tests need besides npm's packages: ffmpeg and a Chromium. Where one is missing it is installed, or the
 * reason and the remedy are said and the tests do not start. Runs after the build, whose finders it uses.
 */
import { spawnSync } from 'node:child_process';

/** Each need: whether it is there, Debian's package for it, and what else a person can do. */
const needs = [
  {
    name: 'ffmpeg',
    package: 'ffmpeg',
    remedy: 'put ffmpeg and ffprobe 5.1 or newer on the PATH',
    // A fresh import a question: what is found is remembered for a process.
    find: async (attempt) => (await import(`../dist/src/node/ffmpeg.js?attempt=${attempt}`)).findFfmpeg(),
  },
  {
    name: 'a Chromium',
    package: 'chromium',
    remedy: 'install Chromium or Chrome, or name one with CHROMIUM_PATH',
    find: async (attempt) => (await import(`../dist/src/node/browser.js?attempt=${attempt}`)).findBrowser(),
  },
];

async function missingNeeds(attempt) {
  const found = await Promise.all(needs.map(({ find }) => find(attempt)));
  return needs.filter((_, i) => !found[i]);
}

/** @returns why it could not be installed, or null */
function install(packages) {
  if (process.platform !== 'linux' || spawnSync('apt-get', ['--version']).error) {
    return 'this machine has no apt-get to install it with';
  }
  if (process.getuid?.() !== 0) return 'installing it with apt-get takes root';
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', ...packages]]) {
    const { status, stderr } = spawnSync('apt-get', args, {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
    });
    if (status !== 0) return `apt-get ${args[0]} failed: ${stderr.trim().split('\n').at(-1)}`;
  }
  return null;
}

let missing = await missingNeeds(1);
if (missing.length > 0) {
  console.error(`The tests need ${missing.map(({ name }) => name).join(' and ')}: installing ...`);
  const reason = install(missing.map((need) => need.package));
  missing = await missingNeeds(2);
  for (const { name, remedy } of missing) {
    console.error(
      `The tests need ${name}: ${reason ?? 'it was installed and still does not run'}; ${remedy}.`,
    );
  }
}
process.exitCode = missing.length > 0 ? 1 : 0;
