import { strToU8, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/core/errors.ts';
import { crc32 } from '../../src/weights/crc32.ts';
import { readZip } from '../../src/weights/zip.ts';

describe('readZip', () => {
  it('reads stored and deflated entries', () => {
    const text = strToU8('weights '.repeat(1000));
    const entries = readZip(
      zipSync({ 'a/stored': [text, { level: 0 }], deflated: [text, { level: 9 }] }),
      'x',
    );
    expect([...entries.keys()]).toEqual(['a/stored', 'deflated']);
    for (const entry of entries.values()) expect(Buffer.from(entry.bytes()).equals(text)).toBe(true);
  });

  it('keeps a byte order mark in a name', () => {
    expect([...readZip(zipSync({ '\ufeffa': new Uint8Array(1) }), 'x').keys()]).toEqual(['\ufeffa']);
  });

  it('reads sizes and places of more than 32 bits', () => {
    expect(
      readZip(zip64(strToU8('weights')), 'x')
        .get('a')
        ?.bytes(),
    ).toEqual(strToU8('weights'));
  });

  it('refuses a bomb before it inflates anything', () => {
    const bomb = zipSync({ bomb: [new Uint8Array(1 << 24), { level: 9 }] });
    expect(bomb.length).toBeLessThan(1 << 15);
    expect(() => readZip(bomb, 'bomb.npz')).toThrow(
      /must not inflate to more than 16 times its size; received 16777216/,
    );
  });

  it('refuses a bomb that understates its size, soon after it', () => {
    const bomb = zipSync({ bomb: [new Uint8Array(1 << 24), { level: 9 }] });
    // The size in the directory, at the end of the file.
    new DataView(bomb.buffer).setUint32(bomb.length - 22 - (46 + 4) + 24, 100, true);
    const entry = readZip(bomb, 'bomb.npz').get('bomb');
    expect(() => entry?.bytes()).toThrow(/which does not inflate to 100 bytes/);
  });

  it.each(['../x', 'a/../x', '/x', 'a/..', 'C:\\x', 'a\\x', 'a\0'])('refuses an entry named %j', (name) => {
    // Names are put in afterwards: writers refuse them.
    const placeholder = 'n'.repeat(name.length);
    const bytes = Buffer.from(zipSync({ [placeholder]: new Uint8Array(1) }));
    for (let at = bytes.indexOf(placeholder); at >= 0; at = bytes.indexOf(placeholder))
      bytes.write(name, at, 'latin1');
    const read = () => readZip(bytes, 'x');
    expect(read).toThrow(UserError);
    expect(read).toThrow(/an entry named/);
  });
});

/** One stored entry whose sizes and place are in zip64 fields only: APPNOTE 4.5.3. */
function zip64(content: Uint8Array): Uint8Array {
  const fields = (...parts: [width: 2 | 4 | 8, value: number][]) => {
    const bytes = Buffer.alloc(parts.reduce((sum, [width]) => sum + width, 0));
    let at = 0;
    for (const [width, value] of parts) {
      if (width === 8) bytes.writeBigUInt64LE(BigInt(value), at);
      else bytes.writeUIntLE(value, at, width);
      at += width;
    }
    return bytes;
  };
  const all = 0xffffffff;
  const [crc, name] = [crc32(content), Buffer.from('a')];
  const common: [2 | 4 | 8, number][] = [
    [2, 45],
    [2, 0],
    [2, 0],
    [2, 0],
    [2, 0],
    [4, crc],
    [4, all],
    [4, all],
    [2, 1],
  ];
  const sizes: [2 | 4 | 8, number][] = [
    [8, content.length],
    [8, content.length],
  ];
  const local = Buffer.concat([
    fields([4, 0x04034b50], ...common, [2, 20]),
    name,
    fields([2, 1], [2, 16], ...sizes),
    content,
  ]);
  const central = Buffer.concat([
    fields([4, 0x02014b50], [2, 45], ...common, [2, 28], [2, 0], [2, 0], [2, 0], [4, 0], [4, all]),
    name,
    fields([2, 1], [2, 24], ...sizes, [8, 0]),
  ]);
  const end64 = fields(
    ...([
      [4, 0x06064b50],
      [8, 44],
      [2, 45],
      [2, 45],
      [4, 0],
      [4, 0],
    ] as [2 | 4 | 8, number][]),
    ...([
      [8, 1],
      [8, 1],
      [8, central.length],
      [8, local.length],
    ] as [2 | 4 | 8, number][]),
  );
  const locator = fields([4, 0x07064b50], [4, 0], [8, local.length + central.length], [4, 1]);
  const end = fields([4, 0x06054b50], [2, 0], [2, 0], [2, 0xffff], [2, 0xffff], [4, all], [4, all], [2, 0]);
  return new Uint8Array(Buffer.concat([local, central, end64, locator, end]));
}
