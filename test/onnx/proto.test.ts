import { describe, expect, it } from 'vitest';
import { Message } from '../../src/onnx/proto.ts';

function encode(message: Message): number[] {
  return [...message.chunks()].flatMap((chunk) => [...chunk]);
}

describe('Message', () => {
  // The examples of https://protobuf.dev/programming-guides/encoding, and two's complement for a negative number.
  it.each<[string, Message, number[]]>([
    ['150 in field 1', new Message().integer(1, 150), [0x08, 0x96, 0x01]],
    ['zero', new Message().integer(1, 0), [0x08, 0x00]],
    ['−2', new Message().integer(1, -2), [0x08, 0xfe, ...Array(8).fill(0xff), 0x01]],
    ['the largest int64', new Message().integer(1, 2n ** 63n - 1n), [0x08, ...Array(8).fill(0xff), 0x7f]],
    [
      'a string in field 2',
      new Message().string(2, 'testing'),
      [0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67],
    ],
    ['a string of two-byte letters', new Message().string(2, 'é'), [0x12, 0x02, 0xc3, 0xa9]],
    ['an empty string', new Message().string(2, ''), [0x12, 0x00]],
    ['a message', new Message().message(3, new Message().integer(1, 150)), [0x1a, 0x03, 0x08, 0x96, 0x01]],
    ['a float', new Message().float(2, 0.5), [0x15, 0x00, 0x00, 0x00, 0x3f]],
    ['a field above 15', new Message().integer(20, 1), [0xa0, 0x01, 0x01]],
  ])('encodes %s', (_, message, bytes) => {
    expect(encode(message)).toEqual(bytes);
    expect(message.byteLength).toBe(bytes.length);
  });

  it('gathers small parts, passes large ones on uncopied, and makes them only when their turn comes', () => {
    const made: string[] = [];
    const lazy = (name: string, byteLength: number) => ({
      byteLength,
      bytes() {
        made.push(name);
        return new Uint8Array(byteLength).fill(name.charCodeAt(0));
      },
    });
    const large = new Uint8Array(100_000).fill(7);
    const message = new Message().bytes(1, lazy('a', 3)).bytes(2, large).bytes(3, lazy('b', 5));
    expect(made).toEqual([]);
    const chunks = message.chunks();
    const first = chunks.next().value as Uint8Array;
    expect([...first]).toEqual([0x0a, 3, 97, 97, 97, 0x12, 0xa0, 0x8d, 0x06]);
    expect(made).toEqual(['a']);
    expect(chunks.next().value).toBe(large);
    expect([...(chunks.next().value as Uint8Array)]).toEqual([0x1a, 5, 98, 98, 98, 98, 98]);
    expect(chunks.next().done).toBe(true);
  });

  it('refuses a part that is not as long as it said', () => {
    const message = new Message().bytes(1, { byteLength: 4, bytes: () => new Uint8Array(3) });
    expect(() => encode(message)).toThrow('announced as 4 bytes has 3');
  });
});
