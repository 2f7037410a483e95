import { defineConfig } from 'vitest/config';

/** Stryker's runner asks for threads, in which native addons are not safe. */
const forks = {
  name: 'forks',
  configureVitest({ vitest, project }) {
    vitest.config.pool = 'forks';
    project.config.pool = 'forks';
  },
};

export default defineConfig({
  plugins: [forks],
  test: {
    include: JSON.parse(process.env.MUTANTS_TESTS),
    env: { NO_COLOR: '1', FORCE_COLOR: '0' },
    setupFiles: ['scripts/mutants/child-processes.js'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
