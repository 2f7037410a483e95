import { expect, it } from 'vitest';
import { coverage } from './coverage.ts';

it('docs/coverage.md says what the converters do: vitest -u writes it', async () => {
  const text = coverage();
  expect(text).not.toContain('| no |');
  await expect(text).toMatchFileSnapshot('../../docs/coverage.md');
});
