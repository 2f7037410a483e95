import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../src/core/hash.ts';
import { encodeSafetensors } from '../../src/core/safetensors.ts';
import { tensor } from '../../src/core/tensor.ts';
import { goldenFile } from '../weights/golden-files.ts';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
if (!existsSync(main)) throw new Error(`${main} is missing: run \`npm run build\` first (npm test does)`);

const onnxFiles: Record<string, { file: string }> = JSON.parse(
  await readFile(new URL('../golden/onnx-files.json', import.meta.url), 'utf8'),
);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'actionnx-weights-'));
  await writeFile(join(folder, 'views.pt'), goldenFile('views.pt'));
  await writeFile(join(folder, 'module.pt'), goldenFile('module.pt'));
});
afterAll(() => rm(folder, { recursive: true }));

function actionnx(...args: string[]): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [main, 'weights', ...args], { cwd: folder });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (text) => (output.stdout += text));
  child.stderr.on('data', (text) => (output.stderr += text));
  return new Promise((resolve) => child.on('close', (status) => resolve({ status, ...output })));
}

describe('actionnx weights', () => {
  it('lists names, types and shapes, as a table and as JSON', async () => {
    const text = await actionnx('views.pt');
    expect(text).toMatchObject({ status: 0, stderr: '' });
    expect(text.stdout).toMatch(/^transposed +float32 +4 × 2 × 3 +24$/m);
    expect(text.stdout).toMatch(/^views\.pt: pytorch, 6 tensors, 74 elements, [\d,]+ bytes$/m);
    const { stdout } = await actionnx('views.pt', '--json');
    const listed = JSON.parse(stdout);
    expect(listed).toMatchObject({ file: 'views.pt', format: 'pytorch', elements: 74, tensorBytes: 4 * 74 });
    expect(listed.sha256).toBe(await sha256(goldenFile('views.pt')));
    expect(listed.tensors[2]).toEqual({ name: 'transposed', dtype: 'float32', shape: [4, 2, 3] });
  });

  it('compares them with a system, and says in its exit code whether they fit', async () => {
    const { status, stdout, stderr } = await actionnx('views.pt', '--system', 'pcd-resnet-tiny');
    expect(stdout).toMatch(/^matched +0 /m);
    expect(stdout).toMatch(
      /^unexpected: left over in the file +6 +whole, row, … \(the model has no such weight\)$/m,
    );
    expect(stderr).toMatch(
      /^actionnx: views\.pt does not fit the backbone of pcd-resnet-tiny; received "[^\n]+\n$/,
    );
    expect(status).toBe(1);
  });

  it('lists some hundred of very many tensors, and all of them as JSON', async () => {
    // Of a size that does not fit on the stack, where every tensor took a place.
    const names = Array.from({ length: 130_000 }, (_, i) => `t${i}`);
    const empty = { dtype: 'F32', shape: [0], data_offsets: [0, 0] };
    const header = Buffer.from(JSON.stringify(Object.fromEntries(names.map((name) => [name, empty]))));
    const length = Buffer.alloc(8);
    length.writeUInt32LE(header.length);
    await writeFile(join(folder, 'many.safetensors'), Buffer.concat([length, header]));
    const { status, stdout, stderr } = await actionnx('many.safetensors');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^t299 +float32 +0 +0\n… and 129700 more \(--json lists all\)$/m);
    const listed = JSON.parse((await actionnx('many.safetensors', '--json')).stdout);
    expect(listed.tensors.map(({ name }: { name: string }) => name)).toEqual(names);
  });

  it('cuts long names in the table', async () => {
    const tensors = { ['n'.repeat(1000)]: tensor(new Float32Array(1), [1]) };
    await writeFile(join(folder, 'long.safetensors'), encodeSafetensors(tensors));
    expect((await actionnx('long.safetensors')).stdout).toMatch(/^n{200}… +float32 +1 +1$/m);
  });

  it('sees that contents are damaged', async () => {
    const bytes = Buffer.from(goldenFile('plain.pt'));
    bytes[bytes.indexOf(Buffer.from(Float64Array.of(1.5).buffer))] ^= 1;
    await writeFile(join(folder, 'damaged.pt'), bytes);
    const { status, stdout, stderr } = await actionnx('damaged.pt');
    expect(stdout).toMatch(/^float64 +float64 +2 +2$/m);
    expect(stderr).toMatch(
      /^actionnx: damaged\.pt is not a valid zip file; [^\n]+ with another checksum;[^\n]+\n$/,
    );
    expect(status).toBe(1);
  });

  it("sees that an ONNX model's weights beside it are missing, or too few", async () => {
    await writeFile(join(folder, 'outside.onnx'), Buffer.from(onnxFiles['external data'].file, 'base64'));
    const missing = await actionnx('outside.onnx', '--json');
    expect(JSON.parse(missing.stdout).tensors).toEqual([{ name: 'w', dtype: 'float32', shape: [3] }]);
    expect(missing.stderr).toMatch(/^actionnx: weights\/w\.bin must be readable: [^\n]+ENOENT[^\n]+\n$/);
    expect(missing.status).toBe(1);
    await mkdir(join(folder, 'weights'));
    await writeFile(join(folder, 'weights/w.bin'), Buffer.alloc(4096 + 8));
    const short = await actionnx('outside.onnx');
    expect(short.stderr).toMatch(/8 bytes where tensor "w" has 12/);
    expect(short.status).toBe(1);
    await writeFile(join(folder, 'weights/w.bin'), Buffer.alloc(4096 + 12));
    expect(await actionnx('outside.onnx')).toMatchObject({ status: 0, stderr: '' });
  });

  it('refuses what is no state dict, in one line', async () => {
    const { status, stdout, stderr } = await actionnx('module.pt');
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^actionnx: module\.pt must hold a state dict[^\n]+\n$/);
  });
});
