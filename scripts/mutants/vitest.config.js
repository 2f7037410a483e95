import { defineConfig } from 'vitest/config';

/** Stryker's runner asks for threads, in which native addons are not safe. */
const forks = {
  name: 'forks',
  configureVitest({ vitest, project }) {
    vitest.config.pool = 'forks';
    project.config.pool = 'forks';
  },
};

/** Stryker's runner asks tests only: where a file does not load or a hook fails there are none, and nothing is noticed. */
const errorsOutsideOfTests = {
  onInit({ state }) {
    this.state = state;
  },
  onTestRunEnd(modules) {
    const suites = modules.flatMap((module) => [module, ...module.children.allSuites()]);
    for (const error of suites.flatMap((suite) => suite.errors()))
      this.state.catchError(error, 'outside of tests');
  },
};

export default defineConfig({
  plugins: [forks],
  test: {
    include: JSON.parse(process.env.MUTANTS_TESTS),
    env: { NO_COLOR: '1', FORCE_COLOR: '0' },
    setupFiles: ['scripts/mutants/child-processes.js'],
    reporters: [errorsOutsideOfTests],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
