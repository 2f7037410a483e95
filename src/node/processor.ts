import { readFile } from 'node:fs/promises';
import { cpus } from 'node:os';

/** What int8 graphs are fast with, as Linux calls it on x86 and on Arm. */
const int8Products = /\b(avx_vnni|avx512_vnni|asimddp)\b/;

/** The processor, and on Linux whether it multiplies bytes four at a time: `AMD EPYC 7763, no VNNI`. */
export async function describeProcessor(): Promise<string> {
  const model = cpus()[0]?.model.trim() || 'unknown processor';
  const flags = await readFile('/proc/cpuinfo', 'utf8').catch(() => null);
  if (flags === null) return model;
  return `${model}, ${int8Products.test(flags) ? 'VNNI' : 'no VNNI'}`;
}
