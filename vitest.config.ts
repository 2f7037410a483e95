import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Native addons (sharp, onnxruntime, libtensorflow) are not safe in worker threads.
    pool: 'forks',
    // The file is what .ci/run counts.
    globalSetup: ['test/e2e/packed-install.setup.ts'],
    reporters: ['default', ['json', { outputFile: 'runs/test-results.json' }]],
    // Tests compare words: colours, which CI services switch on, would stand between them.
    env: { NO_COLOR: '1', FORCE_COLOR: '0' },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
