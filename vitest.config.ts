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

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Native addons (sharp, onnxruntime, libtensorflow) are not safe in worker threads.
    pool: 'forks',
    // One more than cores: files that wait for browsers and programs leave theirs idle half of the time.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: LongFilesFirst },
    // The file is what .ci/run counts.
    globalSetup: ['test/run-folder.setup.ts'],
    reporters: ['default', ['json', { outputFile: 'runs/test-results.json' }]],
    // Tests compare words: colours, which CI services switch on, would stand between them.
    env: { NO_COLOR: '1', FORCE_COLOR: '0' },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
