/** Which modules are mutated, how thoroughly, and which tests are to notice. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Where a wrong number or a lost file would be silent: mutated in full. Files, or folders ending in `/`. */
export const core = [
  'eval/cache/',
  'eval/combiners/',
  'eval/ensemble.ts',
  'eval/metrics/',
  'eval/score.ts',
  'eval/validation-weights.ts',
  'eval/windows.ts',
  'exporters/bundle.ts',
  'exporters/onnx/passes/cancel-transposes.ts',
  'exporters/onnx/passes/fold-batch-norm.ts',
  'exporters/onnx/verify.ts',
  'models/layers/batch-norm-op.ts',
  'models/train/augment/',
  'models/train/averages/',
  'models/train/course.ts',
  'models/train/gradients/conv2d-filter.ts',
  'models/train/losses/',
  'models/train/optimizers/',
  'models/train/sample-source.ts',
  'models/train/schedules/',
  'models/train/stage.ts',
  'models/train/weight-groups.ts',
  'src/core/clip.ts',
  'src/core/kind.ts',
  'src/core/labels.ts',
  'src/core/largest-difference.ts',
  'src/core/safetensors.ts',
  'src/datasets/a2d/a2d-splits.ts',
  'src/image/colour.ts',
  'src/image/resize.ts',
  'src/node/atomic-file.ts',
  'src/node/atomic-folder.ts',
  'src/node/hdf5.ts',
  'src/node/mat-file.ts',
  'src/node/mat-header.ts',
  'src/node/owned-folder.ts',
  'src/node/temporary.ts',
  'src/runtime/blocked-session.ts',
  'src/runtime/classifier.ts',
  'src/weights/pickle.ts',
  'web/golden.ts',
  'web/load-bundle.ts',
];

/** Drawings, texts and styles, and what only a browser runs: never mutated. */
export const passedOver = [
  'cli/commands.ts',
  'cli/progress.ts',
  'cli/table.ts',
  'cli/usage.ts',
  'eval/report/',
  'exporters/hf/card.ts',
  'exporters/inspect/drawing.ts',
  'exporters/inspect/layout.ts',
  'exporters/model-card.ts',
  'src/datasets/synth/',
  'src/node/contact-sheet.ts',
  'web/edit-list.ts',
  'web/image-file.ts',
  'web/page/',
  'web/predict.ts',
  'web/video-file.ts',
];

const isIn = (list, module) =>
  list.some((entry) => (entry.endsWith('/') ? module.startsWith(entry) : module === entry));

/** Every module that may be mutated, sorted: paths from the root. */
export function allModules() {
  return execFileSync('git', ['ls-files', 'src', 'models', 'exporters', 'eval', 'jobs', 'cli', 'web'], {
    encoding: 'utf8',
  })
    .split('\n')
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts') && existsSync(path))
    .filter((module) => !isIn(passedOver, module));
}

export const isCore = (module) => isIn(core, module);

/** Tests that start the built command line: cli's tests are among them, whichever folder they are in. */
const commandTests = ['test/e2e/cli.test.ts', 'test/e2e/eval.test.ts', 'test/e2e/report.test.ts'];

const testsIn = (folder) =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith('.test.ts'))
        .map((name) => join(folder, name))
    : [];

/** The folders of tests that mirror a module's, nearest first: `test/a/b` and `test/a` for `src/a/b/c.ts`. */
function mirrorsOf(module) {
  const mirrors = [];
  for (let folder = dirname(module).replace(/^src\//, ''); folder !== '.'; folder = dirname(folder)) {
    mirrors.push(join('test', folder));
  }
  return mirrors.filter((folder) => testsIn(folder).length > 0);
}

/** The nearest folder of tests: modules that share it share their tests. */
export const mirrorOf = (module) => mirrorsOf(module)[0];

/** The tests that are to notice a change of a module: those in its mirrors. */
export function testsOf(module) {
  const tests = mirrorsOf(module).flatMap(testsIn);
  return module.startsWith('cli/') ? [...tests, ...commandTests] : tests;
}

/** Whether the tests of a module start what `npm run build` makes. */
export const needsBuild = (module) => /^(cli|src\/node|src\/runtime)\//.test(module);
