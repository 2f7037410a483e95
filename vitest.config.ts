import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that start browsers and programs go first: a long one that comes last would leave a core idle. */
class LongFilesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => /\/test\/(e2e|web|cli|jobs|node)\//.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

/** Tests that start programs and count them, or share tfjs's registries and backend, which are global. */
const alone = ['test/*.test.ts', 'test/{e2e,exporters,jobs,models,node,rewrites,scripts}/**/*.test.ts'];

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
      // The others load what they share once.
      {
        test: {
          ...everywhere,
          name: 'shared process',
          include: ['test/**/*.test.ts'],
          exclude: alone,
          isolate: false,
          setupFiles: ['test/shared-process.setup.ts'],
        },
      },
      { test: { ...everywhere, name: 'own process', include: alone } },
    ],
    // Vitest would leave one core to itself, and half of two is much.
    maxWorkers: availableParallelism(),
    sequence: { sequencer: LongFilesFirst },
    // Once for all projects. The file is what .ci/run counts.
    globalSetup: ['test/run-folder.setup.ts'],
    reporters: ['default', ['json', { outputFile: 'runs/test-results.json' }]],
  },
});
