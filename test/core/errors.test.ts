import { expect, it } from 'vitest';
import { quoted, reasonOf, UserError, usageError } from '../../src/core/errors.ts';

it('says it on one line that a terminal can show, however long and whatever is in it', () => {
  const { message } = new UserError('the rule', { received: '\u001b[31mred\r\n\u0007', remedy: 'do this' });
  expect(message).toBe('the rule; received �[31mred �; do this');
  expect(new UserError('the rule', { received: 'x'.repeat(1e6) }).message.length).toBeLessThan(2100);
});

it('says what is known, and leaves out the rest', () => {
  expect(new UserError('the rule').message).toBe('the rule');
  expect(new UserError('the rule', { received: '' }).message).toBe('the rule; received ');
  expect(new UserError('the rule', { remedy: 'do this' }).message).toBe('the rule; do this');
  expect(new UserError('two\n   lines\n\nof rules').message).toBe('two lines of rules');
});

it('shows what was received up to 2000 letters, and then that there is more', () => {
  expect(new UserError('r', { received: 'x'.repeat(2000) }).message).toBe(`r; received ${'x'.repeat(2000)}`);
  expect(new UserError('r', { received: 'x'.repeat(2001) }).message).toBe(`r; received ${'x'.repeat(2000)}…`);
});

it('exits with 1, with 2 where the usage is wrong, and keeps its cause', () => {
  const cause = new Error('below');
  expect(new UserError('r', { cause })).toMatchObject({ name: 'UserError', exitCode: 1, cause });
  expect(new UserError('r', { exitCode: 2 }).exitCode).toBe(2);
  expect(usageError('r', { received: 'x', remedy: 'do this' })).toMatchObject({
    ...{ message: 'r; received x; do this', exitCode: 2 },
  });
  expect(usageError('r')).toBeInstanceOf(UserError);
});

it('quotes the first line of whatever was thrown', () => {
  expect(reasonOf(new Error(' first \nsecond'))).toBe('first');
  expect(reasonOf('a string\nof two')).toBe('a string');
  expect(reasonOf(undefined)).toBe('undefined');
});

it('quotes names from files on one line, cut where they are long', () => {
  expect(quoted('a "b"\n')).toBe('"a \\"b\\"\\n"');
  expect(quoted('n'.repeat(80))).toBe(`"${'n'.repeat(80)}"`);
  expect(quoted('n'.repeat(81))).toBe(`"${'n'.repeat(79)}…"`);
});
