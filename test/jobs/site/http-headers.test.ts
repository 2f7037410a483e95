import { describe, expect, it } from 'vitest';
import { chosenEncoding, matchesTag, requestedRange } from '../../../jobs/site/http-headers.ts';

describe('chosenEncoding', () => {
  it.each([
    // What browsers send over https, and over plain http.
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip, deflate', 'gzip'],
    // RFC 9110, 12.5.3: its own examples.
    ['compress, gzip', 'gzip'],
    ['', 'identity'],
    ['*', 'br'],
    ['compress;q=0.5, gzip;q=1.0', 'gzip'],
    ['gzip;q=1.0, identity; q=0.5, *;q=0', 'gzip'],
    // Weights.
    ['gzip, br;q=0.5', 'gzip'],
    ['br;q=0.9,gzip;q=0.8', 'br'],
    ['gzip;q=0.2, br;q=0.2', 'br'],
    ['br;q=0', 'identity'],
    ['br;q=0, gzip;q=0', 'identity'],
    ['br;q=0.001', 'br'],
    ['identity, br;q=0.5', 'identity'],
    ['br;q=0, *', 'gzip'],
    ['*;q=0', 'identity'],
    // Nothing that is ours, another spelling, and nonsense.
    ['zstd', 'identity'],
    ['BR ; Q=1', 'br'],
    ['brotli', 'identity'],
    ['br;q=2', 'identity'],
    ['br;q=x, gzip', 'gzip'],
    [',,', 'identity'],
  ])('%s → %s', (header, expected) => {
    expect(chosenEncoding(header)).toBe(expected);
  });

  it('is none where nothing was asked for', () => {
    expect(chosenEncoding(undefined)).toBe('identity');
  });
});

describe('requestedRange', () => {
  it.each([
    // RFC 9110, 14.1.2: its examples, of 10,000 bytes.
    ['bytes=0-499', [0, 499]],
    ['bytes=500-999', [500, 999]],
    ['bytes=-500', [9500, 9999]],
    ['bytes=9500-', [9500, 9999]],
    ['bytes=0-0', [0, 0]],
    ['bytes= 0-0, -1', null],
    ['bytes=500-600,601-999', null],
    // Beyond the end, from either side.
    ['bytes=9999-20000', [9999, 9999]],
    ['bytes=-20000', [0, 9999]],
    ['bytes=10000-', 'unsatisfiable'],
    ['bytes=10000-10001', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    // Not for us to read.
    ['bytes=5-4', null],
    ['bytes=-', null],
    ['bytes=a-b', null],
    ['lines=1-2', null],
  ])('%s → %s', (header, expected) => {
    expect(requestedRange(header, 10_000)).toEqual(expected);
  });

  it('finds nothing in an empty file', () => {
    expect(requestedRange('bytes=0-', 0)).toBe('unsatisfiable');
    expect(requestedRange('bytes=-5', 0)).toBe('unsatisfiable');
  });
});

describe('matchesTag', () => {
  it.each([
    ['"a-br"', true],
    ['W/"a-br"', true],
    ['"x", "a-br"', true],
    ['*', true],
    ['"a"', false],
    ['"a-br-gz"', false],
    ['', false],
  ])('%s: %s', (header, expected) => {
    expect(matchesTag(header, '"a-br"')).toBe(expected);
  });
});
