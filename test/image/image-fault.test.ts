import { expect, it } from 'vitest';
import { damaged, ImageFault, share, truncated, unsupported } from '../../src/image/image-fault.ts';

it('says what was received and what to do, and whether only the end is missing', () => {
  const words = ({ received, remedy, truncated: cut, message, name }: ImageFault) => [
    ...[received, remedy, cut],
    ...[message === received, name],
  ];
  expect(words(truncated('half'))).toEqual([
    ...['half', 'the file is truncated: get it again', true],
    ...[true, 'ImageFault'],
  ]);
  expect(words(damaged('nonsense'))).toEqual([
    ...['nonsense', 'the file is damaged: get it again', false],
    ...[true, 'ImageFault'],
  ]);
  expect(words(unsupported('BMP', 'save it as PNG'))).toEqual([
    ...['BMP, which is not supported', 'save it as PNG', false],
    ...[true, 'ImageFault'],
  ]);
  expect(new ImageFault('x', 'y')).toBeInstanceOf(Error);
});

it('never calls a part of something all of it', () => {
  expect(share(96, 240, 'rows')).toBe('96 of 240 rows (40 %)');
  expect(share(239, 240, 'rows')).toBe('239 of 240 rows (99 %)');
  expect(share(0, 3, 'bytes')).toBe('0 of 3 bytes (0 %)');
});
