import { expect, it } from 'vitest';
import { UserError } from '../../src/core/errors.ts';

it('says it on one line that a terminal can show, however long and whatever is in it', () => {
  const { message } = new UserError('the rule', { received: '\u001b[31mred\r\n\u0007', remedy: 'do this' });
  expect(message).toBe('the rule; received �[31mred �; do this');
  expect(new UserError('the rule', { received: 'x'.repeat(1e6) }).message.length).toBeLessThan(2100);
});
