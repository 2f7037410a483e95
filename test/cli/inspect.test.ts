import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tinyBundle, writeTinyBundle } from '../golden/tiny-bundle.ts';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
if (!existsSync(main)) throw new Error(`${main} is missing: run \`npm run build\` first (npm test does)`);

const folder = mkdtempSync(join(tmpdir(), 'actionnx-inspect-'));
afterAll(() => rmSync(folder, { recursive: true }));

const actionnx = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'inspect', ...args], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
};

const bundle = join(folder, 'frame');
const clip = join(folder, 'clip');
beforeAll(async () => {
  await writeTinyBundle(bundle, await tinyBundle('tiny-frame'));
  await writeTinyBundle(clip, await tinyBundle('tiny-clip'));
});

describe('actionnx inspect', () => {
  it('tells what a bundle and its graph hold, as text and as JSON', () => {
    const text = actionnx(bundle);
    expect(text).toMatchObject({ status: 0, stderr: '' });
    expect(text.stdout).toMatch(/input +frame +uint8 +N × 8 × 8 × 3/);
    expect(text.stdout).toMatch(/output +attention +float32/);
    const json = JSON.parse(actionnx(join(bundle, 'model.onnx'), '--json').stdout);
    expect(json).toMatchObject({ inputs: [{ name: 'frame', dtype: 'uint8' }], unknownShapes: [] });
    expect(json.blocks.length).toBeGreaterThan(0);
  });

  it('draws', () => {
    const svg = join(folder, 'graph.svg');
    expect(actionnx(bundle, '--svg', svg)).toMatchObject({ status: 0, stderr: `drawn: ${svg}\n` });
    expect(readFileSync(svg, 'utf8')).toMatch(/^<svg .*<\/svg>\n$/s);
  });

  it('says what changed', () => {
    expect(actionnx(bundle, '--diff', bundle).stdout).toBe('nothing changed\n');
    const { stdout, status } = actionnx(bundle, '--diff', clip);
    expect(status).toBe(0);
    expect(stdout).toContain('- input frame: uint8 [N, 8, 8, 3]');
    expect(stdout).toContain('+ input clip: uint8 [N, 4, 8, 8, 3]');
  });

  it('tells sizes with their unit apart, and first of all how they changed', () => {
    const { parameters, bytes } = JSON.parse(actionnx(bundle, '--json').stdout);
    const { stdout } = actionnx(bundle, '--diff', clip);
    expect(stdout).toMatch(/^Parameters +[\d,]+ → [\d,]+.*\nWeights +[\d.]+ k?B → [\d.]+ k?B.*\n\n/);
    const difference = JSON.parse(actionnx(bundle, '--diff', clip, '--json').stdout);
    expect([difference.parameters[0], difference.bytes[0]]).toEqual([parameters, bytes]);
    expect(stdout).toMatch(/^[A-Z]\w+ +\d+ +\d+ +\+\d+$/m);
    expect(actionnx(bundle).stdout).not.toMatch(/\dB/);
  });

  it.each([
    [['nowhere.onnx'], 1, 'must be an ONNX file or a bundle folder'],
    [[fileURLToPath(import.meta.url)], 1, 'is not a valid ONNX file'],
    [[bundle, '--extent', 'N'], 2, '--extent takes name=number'],
    [[bundle, '--extent', 'Q=2'], 1, 'no extent called Q'],
    [[bundle, '--depth', '0'], 2, '--depth must be a whole number'],
  ])('fails in one line: %j', (args, status, message) => {
    const outcome = actionnx(...args);
    expect(outcome).toMatchObject({ status, stdout: '' });
    expect(outcome.stderr).toContain(message);
    expect(outcome.stderr.split('\n')[0]).toContain('actionnx');
  });

  it('leaves nothing half-drawn', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(actionnx(bundle, '--svg', join(folder, 'file', 'x.svg'))).toMatchObject({ status: 1, stdout: '' });
  });
});
