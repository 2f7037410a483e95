import { deflateSync, strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/core/errors.ts';
import { Rng } from '../../src/core/rng.ts';
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

  const a = { name: 'a', content: strToU8('weights') };
  const b = { name: 'b/c', content: strToU8('and more') };
  const contents = (bytes: Uint8Array) =>
    Object.fromEntries([...readZip(bytes, 'x')].map(([name, entry]) => [name, strFromU8(entry.bytes())]));

  it('reads what others do: comments, extra fields, folders, and no checksum', () => {
    const bytes = written(
      [
        { ...a, extra: strToU8('\x99\x99\x02\x00ab', true), comment: 'of an entry' },
        { name: 'folder/', content: new Uint8Array() },
        { ...b, crc: 0 },
      ],
      { comment: 'of the file, with PK\x05\x06 in it, and enough behind that to be a record' },
    );
    expect(contents(bytes)).toEqual({ a: 'weights', 'b/c': 'and more' });
    expect(contents(written([a], { comment: 'c'.repeat(0xffff) }))).toEqual({ a: 'weights' });
    expect(contents(written([]))).toEqual({});
    // What is written here is what others read.
    expect(unzipSync(written([a, b], { comment: 'plain' }))).toEqual({ a: a.content, 'b/c': b.content });
  });

  it('gives the content as a view where it is stored, and its size without a look at it', () => {
    const bytes = written([a, { ...b, method: 8, stored: deflateSync(b.content) }]);
    const [stored, deflated] = readZip(bytes, 'x').values();
    expect(stored.bytes().buffer).toBe(bytes.buffer);
    expect([stored.size, deflated.size]).toEqual([7, 8]);
    expect(deflated.bytes()).toBe(deflated.bytes());
  });

  it('inflates in many steps', () => {
    const rng = new Rng('noise');
    const noise = Uint8Array.from({ length: 50_000 }, () => rng.integer(256));
    const stored = deflateSync(noise);
    expect(stored.length).toBeGreaterThan(2 ** 15);
    const bytes = written([{ name: 'n', content: noise, method: 8, stored }]);
    expect(Buffer.from(readZip(bytes, 'x').get('n')!.bytes()).equals(noise)).toBe(true);
  });

  it.each<[string, Uint8Array, string]>([
    [
      'without a directory',
      strToU8('PK\x03\x04 and no end that is one, which takes a few more words', true),
      'no directory at its end',
    ],
    ['of fewer bytes than an end has', strToU8('PK\x05\x06', true), 'no directory at its end'],
    ['with something behind its comment', written([a], { behind: 'x' }), 'no directory at its end'],
    [
      'whose directory lies behind its end',
      written([a], { place: 1000 }),
      'a directory of 1 entries and 47 bytes at 1000',
    ],
    [
      'whose directory is longer than the file',
      written([a], { size: 1000 }),
      'a directory of 1 entries and 1000 bytes at',
    ],
    [
      'whose directory has fewer bytes than its entries',
      written([a], { count: 2 }),
      'a directory of 2 entries and 47 bytes',
    ],
    ['whose directory begins elsewhere', written([a, b], { place: 0 }), 'no directory entry at 0'],
    ['with an entry named twice', written([a, a]), 'two entries named "a"'],
    ['with an entry without a name', written([{ ...a, name: '' }]), 'an entry named ""'],
    ['with an encrypted entry', written([{ ...a, flags: 1 }]), '"a", which is encrypted'],
    [
      'with an entry compressed in another way',
      written([{ ...a, method: 12 }]),
      '"a", compressed by method 12',
    ],
    ['with a stored entry of another size', written([{ ...a, size: 8 }]), '"a", stored in another size'],
    [
      'with entries that overlap',
      written([a, { ...a, name: 'b', place: 0 }].map((entry) => ({ ...entry, size: 150, compressed: 150 }))),
      'entries that overlap',
    ],
    [
      'with an entry of sizes that nowhere are',
      written([{ ...a, size: 0xffffffff }]),
      '"a" without its zip64 sizes',
    ],
    [
      'with a zip64 field that is too short',
      written([{ ...a, size: 0xffffffff, compressed: 0xffffffff, extra: fields([2, 1], [2, 8], [8, 7]) }]),
      '"a" without its zip64 sizes',
    ],
    [
      'with a size of more than numbers hold',
      written([{ ...a, size: 0xffffffff, extra: fields([2, 1], [2, 8], [8, 2 ** 60]) }]),
      'a size or place of 1152921504606846976',
    ],
    [
      'whose end tells of a zip64 directory that is not there',
      written([a], { before: fields([4, 0x07064b50], [4, 0], [8, 0], [4, 1]) }),
      'no zip64 directory at 0',
    ],
    [
      'whose zip64 directory would lie behind its end',
      written([a], { before: fields([4, 0x07064b50], [4, 0], [8, 5000], [4, 1]) }),
      'bytes where 5056 were due',
    ],
  ])('refuses a file %s', (_, bytes, received) => {
    const read = () => readZip(bytes, 'x');
    expect(read).toThrow(UserError);
    expect(read).toThrow(
      `x is not a valid zip file; received ${/^bytes/.test(received) ? bytes.length : ''}`.trimEnd(),
    );
    expect(read).toThrow(received);
  });

  it('finds a zip64 field behind others', () => {
    const extra = Buffer.concat([
      fields([2, 0x9999], [2, 3]),
      Buffer.from('abc'),
      fields([2, 1], [2, 8], [8, 7]),
    ]);
    expect(contents(written([{ ...a, size: 0xffffffff, extra }]))).toEqual({ a: 'weights' });
    expect(contents(written([{ ...a, place: 0xffffffff, extra: fields([2, 1], [2, 8], [8, 0]) }]))).toEqual({
      a: 'weights',
    });
  });

  it.each<[string, Uint8Array, string]>([
    ['that lies elsewhere', written([{ ...a, place: 3 }]), 'no entry "a" at 3'],
    ['that lies behind the end', written([{ ...a, place: 9000 }]), 'bytes where 9030 were due'],
    [
      'that is longer than what is left',
      written([{ ...a, size: 150, compressed: 150 }], { comment: 'c'.repeat(60) }),
      'were due',
    ],
    ['with another checksum', written([{ ...a, crc: 1 }]), '"a" with another checksum'],
    [
      'that inflates to less',
      written([{ ...a, method: 8, stored: deflateSync(a.content), size: 8 }]),
      '"a", which does not inflate to 8 bytes',
    ],
    [
      'that inflates to more',
      written([{ ...a, method: 8, stored: deflateSync(a.content), size: 6 }]),
      '"a", which does not inflate to 6 bytes',
    ],
    [
      'that does not inflate',
      written([{ ...a, method: 8, stored: strToU8('\xff\xff', true) }]),
      '"a", which does not inflate to 7',
    ],
    [
      'whose stream is cut short',
      written([{ ...a, method: 8, stored: deflateSync(a.content).subarray(0, -3) }]),
      '"a", which does not inflate to 7 bytes',
    ],
  ])('sees when it is asked for it an entry %s', (_, bytes, received) => {
    const entry = readZip(bytes, 'x').get('a');
    expect(() => entry?.bytes()).toThrow(UserError);
    expect(() => entry?.bytes()).toThrow(received);
  });

  it('lets small files inflate by a mebibyte more than 16 times', () => {
    const most = (length: number) => {
      const content = new Uint8Array(length);
      return written([{ name: 'z', content, method: 8, stored: deflateSync(content) }]);
    };
    const { length } = most(2 ** 20);
    expect(readZip(most(2 ** 20 + 16 * length), 'x').size).toBe(1);
    expect(() => readZip(most(2 ** 20 + 17 * length), 'x')).toThrow('must not inflate to more than 16 times');
  });

  it.each(['ab:c', 'a..b', '..a', 'a.../b'])('reads an entry named %j', (name) => {
    expect(Object.keys(contents(written([{ ...a, name }])))).toEqual([name]);
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

type Field = [width: 2 | 4 | 8, value: number];

/** Little-endian numbers one after the other. */
function fields(...parts: Field[]): Buffer {
  const bytes = Buffer.alloc(parts.reduce((sum, [width]) => sum + width, 0));
  let at = 0;
  for (const [width, value] of parts) {
    if (width === 8) bytes.writeBigUInt64LE(BigInt(value), at);
    else bytes.writeUIntLE(value, at, width);
    at += width;
  }
  return bytes;
}

/** An entry, and what its directory says of it where that is not so. */
interface Written {
  readonly name: string;
  readonly content: Uint8Array;
  /** As it is stored. Default: the content, by method 0. */
  readonly stored?: Uint8Array;
  readonly method?: number;
  readonly flags?: number;
  readonly crc?: number;
  readonly size?: number;
  readonly compressed?: number;
  readonly place?: number;
  readonly extra?: Uint8Array;
  readonly comment?: string;
}

/** A zip file, and what its last record says where that is not so. APPNOTE 4.3.7, 4.3.12, 4.3.16. */
function written(
  entries: readonly Written[],
  end: {
    count?: number;
    size?: number;
    place?: number;
    comment?: string;
    before?: Uint8Array;
    behind?: string;
  } = {},
): Uint8Array {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let place = 0;
  for (const entry of entries) {
    const { content, stored = content, method = 0, flags = 0, crc = crc32(content) } = entry;
    const { size = content.length, compressed = stored.length, comment = '' } = entry;
    const [name, extra] = [Buffer.from(entry.name, 'latin1'), entry.extra ?? new Uint8Array()];
    const common: Field[] = [
      ...([
        [2, 20],
        [2, flags],
        [2, method],
        [2, 0],
        [2, 0],
      ] as Field[]),
      ...([
        [4, crc],
        [4, compressed],
        [4, size],
        [2, name.length],
      ] as Field[]),
    ];
    // An extra field of the entry's own, that the directory has not.
    const own = Buffer.from('\x99\x99\x01\x00o', 'latin1');
    locals.push(Buffer.concat([fields([4, 0x04034b50], ...common, [2, own.length]), name, own, stored]));
    directory.push(
      fields([4, 0x02014b50], [2, 20], ...common, [2, extra.length], [2, comment.length], [2, 0], [2, 0]),
      fields([4, 0], [4, entry.place ?? place]),
      Buffer.concat([name, extra, Buffer.from(comment, 'latin1')]),
    );
    place += locals[locals.length - 1].length;
  }
  const listed = Buffer.concat(directory);
  const comment = Buffer.from(end.comment ?? '', 'latin1');
  const count = end.count ?? entries.length;
  return Uint8Array.from(
    Buffer.concat([
      ...[...locals, listed, end.before ?? new Uint8Array()],
      fields([4, 0x06054b50], [2, 0], [2, 0], [2, count], [2, count]),
      fields([4, end.size ?? listed.length], [4, end.place ?? place], [2, comment.length]),
      ...[comment, Buffer.from(end.behind ?? '', 'latin1')],
    ]),
  );
}

/** One stored entry whose sizes and place are in zip64 fields only: APPNOTE 4.5.3. */
function zip64(content: Uint8Array): Uint8Array {
  const all = 0xffffffff;
  const [crc, name] = [crc32(content), Buffer.from('a')];
  const common: Field[] = [
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
  const sizes: Field[] = [
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
    ] as Field[]),
    ...([
      [8, 1],
      [8, 1],
      [8, central.length],
      [8, local.length],
    ] as Field[]),
  );
  const locator = fields([4, 0x07064b50], [4, 0], [8, local.length + central.length], [4, 1]);
  const end = fields([4, 0x06054b50], [2, 0], [2, 0], [2, 0xffff], [2, 0xffff], [4, all], [4, all], [2, 0]);
  return new Uint8Array(Buffer.concat([local, central, end64, locator, end]));
}
