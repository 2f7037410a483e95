/**
 * A kernel [filters, channels, positions] in blocks: [filters / b, channels / b, positions, b of channels, b of
 * filters], filled up with zeros; for images [filters / b, channels, positions, b of filters].
 */
export function blockKernel(
  kernel: Float32Array,
  [filters, channels, positions]: readonly number[],
  block: number,
  isImage: boolean,
): Float32Array {
  const inner = isImage ? 1 : block;
  const channelBlocks = Math.ceil(channels / inner);
  const blocked = new Float32Array(Math.ceil(filters / block) * block * channelBlocks * inner * positions);
  for (let filter = 0, from = 0; filter < filters; filter++) {
    for (let channel = 0; channel < channels; channel++) {
      const row = Math.floor(filter / block) * channelBlocks + Math.floor(channel / inner);
      const to = row * positions * inner * block + (channel % inner) * block + (filter % block);
      for (let position = 0; position < positions; position++) {
        blocked[to + position * inner * block] = kernel[from++];
      }
    }
  }
  return blocked;
}
