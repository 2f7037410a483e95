import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';

const script = resolve(import.meta.dirname, '../../scripts/test-needs.js');

function testNeeds(env: Record<string, string>) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], {
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

it('says nothing where everything is there', () => {
  expect(testNeeds({})).toEqual({ status: 0, stdout: '', stderr: '' });
});

it('fails with what is missing, why it was not installed, and the remedy', () => {
  // Nothing on the PATH: no ffmpeg, no browser, and nothing to install them with.
  const { status, stderr } = testNeeds({ PATH: '', CHROMIUM_PATH: '/no/such/browser' });
  expect(stderr.trimEnd().split('\n')).toEqual([
    'The tests need ffmpeg and a Chromium: installing ...',
    'The tests need ffmpeg: this machine has no apt-get to install it with; put ffmpeg and ffprobe 5.1 or newer on the PATH.',
    'The tests need a Chromium: this machine has no apt-get to install it with; install Chromium or Chrome, or name one with CHROMIUM_PATH.',
  ]);
  expect(status).toBe(1);
});
