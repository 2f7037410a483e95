import { type ConvertOp, defineGraphConverter } from '../op.ts';

/** [N, H, W, C] resized to a height and a width. */
function resize(isNearest: boolean): ConvertOp {
  return ([image, size], op) => {
    op.requireRank(image, 4);
    op.requireRank(size, 1);
    const alignCorners = op.attributes.flag('align_corners');
    const halfPixels = op.attributes.flag('half_pixel_centers');
    const [batch, , , channels] = image.shape;
    const [height, width] = op.elementsOf(size) ?? [null, null];
    const x = op.channelsFirst(op.cast(image, 'float32'));
    const samplesAndChannels = op.node('Shape', [x], {
      attributes: { start: 0, end: 2 },
      ...{ dtype: 'int64', shape: [2], layout: 'tfjs' },
    });
    const sizes = op.node('Concat', [samplesAndChannels, op.int64(size)], {
      attributes: { axis: 0 },
      shape: [4],
    });
    // Half pixels rounded, with a half up, are what tfjs rounds down without taking the half off.
    const rounding = alignCorners || halfPixels ? 'round_prefer_ceil' : 'floor';
    const y = op.node('Resize', [x, null, null, sizes], {
      attributes: {
        ...(isNearest ? { mode: 'nearest', nearest_mode: rounding } : { mode: 'linear' }),
        coordinate_transformation_mode: alignCorners
          ? 'align_corners'
          : halfPixels
            ? 'half_pixel'
            : 'asymmetric',
      },
      ...{ shape: [batch, height, width, channels], layout: 'channels-first' },
    });
    return isNearest ? op.cast(y, image.dtype) : y;
  };
}

const depthToSpace: ConvertOp = ([x], op) => {
  op.requireRank(x, 4);
  const block = op.attributes.integer('block_size');
  const [batch, height, width, channels] = x.shape;
  const isChannelsLast = op.attributes.text('data_format', 'NHWC') === 'NHWC';
  if (!isChannelsLast || !(block > 0) || channels === null || channels % block ** 2 !== 0) {
    throw op.unsupported(`blocks of ${block} from ${channels ?? '?'} channels`);
  }
  const times = (extent: number | null) => (extent === null ? null : extent * block);
  return op.node('DepthToSpace', [op.channelsFirst(x)], {
    attributes: { blocksize: block },
    shape: [batch, times(height), times(width), channels / block ** 2],
  });
};

export const images = [
  defineGraphConverter('ResizeBilinear', 2, resize(false)),
  defineGraphConverter('ResizeNearestNeighbor', 2, resize(true)),
  defineGraphConverter('DepthToSpace', 1, depthToSpace),
];
