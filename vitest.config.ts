import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that start browsers and programs go first: a long one that comes last would leave a core idle. */
class LongFilesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => /\/test\/(e2e|web|cli|node)\//.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

/** Rooms without a global state, as tfjs has it: their tests share a process, and load what they share once. */
const plain = ['core', 'eval', 'image', 'onnx', 'weights'].map((room) => `test/${room}/**/*.test.ts`);

const everywhere = {
  // Native addons (sharp, onnxruntime, libtensorflow) are not safe in worker threads.
  pool: 'forks' as const,
  // Tests compare words: colours, which CI services switch on, would stand between them.
  env: { NO_COLOR: '1', FORCE_COLOR: '0' },
  testTimeout: 120_000,
  hookTimeout: 120_000,
};

export default defineConfig({
  test: {
    projects: [
      { test: { ...everywhere, name: 'plain', include: plain, isolate: false } },
      { test: { ...everywhere, name: 'own process', include: ['test/**/*.test.ts'], exclude: plain } },
    ],
    // Vitest would leave one core to itself, and half of two is much.
    maxWorkers: availableParallelism(),
    sequence: { sequencer: LongFilesFirst },
    // Once for all projects. The file is what .ci/run counts.
    globalSetup: ['test/run-folder.setup.ts'],
    reporters: ['default', ['json', { outputFile: 'runs/test-results.json' }]],
  },
});
