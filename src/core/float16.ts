const [floatView, bitView] = (() => {
  const floats = new Float32Array(1);
  return [floats, new Uint32Array(floats.buffer)];
})();

/** Numbers as IEEE 754 binary16, given as its bits: rounded to the nearest, ties to even; ±∞ above 65504. */
export function toFloat16(values: Float32Array): Uint16Array {
  return Uint16Array.from(values, float16Bits);
}

/** What binary16 numbers, given as their bits, are worth. */
export function fromFloat16(bits: Uint16Array): Float32Array {
  return Float32Array.from(bits, halfToNumber);
}

/** The largest finite binary16. */
export const float16Max = 65504;

function float16Bits(value: number): number {
  floatView[0] = value;
  const bits = bitView[0];
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  // From the middle between 65504 and 65536 on, the nearest is infinity.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  // Below 2^-14 numbers are multiples of 2^-24: the addition of 0.5, whose last place that is, rounds to one.
  if (magnitude < 0x38800000) {
    bitView[0] = magnitude;
    floatView[0] += 0.5;
    return sign | (bitView[0] - 0x3f000000);
  }
  const isOdd = (magnitude >>> 13) & 1;
  return sign | ((magnitude - 0x38000000 + 0xfff + isOdd) >>> 13);
}

function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}
