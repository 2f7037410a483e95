import { expect, it } from 'vitest';
import { oldSpelling } from '../../cli/old-spellings.ts';

it.each<[string, string]>([
  ['export --ensemble a b --out c', '`export --ensemble` is now: actionnx merge a b --out c'],
  ['export a b --ensemble', '`export --ensemble` is now: actionnx merge a b'],
  [
    'export --graft b.onnx --at v --head h --labels l.txt',
    '`export --graft` is now: actionnx graft b.onnx --at v --head h --labels l.txt',
  ],
  ['export --graft=b.onnx --at v', '`export --graft` is now: actionnx graft b.onnx --at v'],
  ['export a --to hf --out h', '`export --to hf` is now: actionnx publish a --out h --to hf'],
  ['export a b --to=triton', '`export --to triton` is now: actionnx publish a b --to triton'],
  ['export r --to safetensors', '`export --to safetensors` is now: actionnx publish r --to safetensors'],
  ['export m.json --to onnx', '`export --to onnx` is now: actionnx convert m.json'],
  ['export r --to bundle --out b', '`export --to bundle` is now: actionnx export r --out b'],
  ['export m.json --inputs x.npz', '`export --inputs` is now: actionnx convert m.json --inputs x.npz'],
])('%s', (typed, said) => {
  expect(oldSpelling(typed.split(' '))).toBe(said);
});

it('quotes what a shell would take apart', () => {
  expect(oldSpelling(['export', '--ensemble', 'my a', "b's"])).toBe(
    "`export --ensemble` is now: actionnx merge 'my a' 'b'\\''s'",
  );
});

it.each([
  'export r --to',
  'export r --to nowhere',
  'export r --out b',
  'train r --to hf',
  'merge --ensemble',
])('none: %s', (typed) => {
  expect(oldSpelling(typed.split(' '))).toBe(null);
});
