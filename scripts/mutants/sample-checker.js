/** Stryker's plugin that lets only the mutants of a sample through: Stryker itself chooses by lines alone. */
import { relative } from 'node:path';
import { commonTokens, declareClassPlugin, PluginKind, tokens } from '@stryker-mutator/api/plugin';
import { nameOf } from './sample.js';

class SampleChecker {
  static inject = tokens(commonTokens.options);

  constructor(options) {
    this.names = options.sample;
  }

  async init() {}

  async check(mutants) {
    return Object.fromEntries(
      mutants.map((mutant) => [mutant.id, { status: this.isChosen(mutant) ? 'passed' : 'compileError' }]),
    );
  }

  group(mutants) {
    return [mutants.map(({ id }) => id)];
  }

  isChosen(mutant) {
    return this.names[relative(process.cwd(), mutant.fileName)]?.includes(nameOf(mutant)) ?? false;
  }
}

export const strykerPlugins = [declareClassPlugin(PluginKind.Checker, 'sample', SampleChecker)];
