import { defineConverter, type GraphBuilder, type Value } from '../../../src/onnx/converter.ts';
import { extentsOf, joinExtents } from './extents.ts';
import { asFloat } from './number-types.ts';

export interface ResizeMode {
  readonly interpolation: 'nearest' | 'bilinear';
  /** Corners onto corners; otherwise position / scale. tfjs never samples at half pixels here. */
  readonly alignCorners: boolean;
}

/** Images [N, H, W, C] resized to a height and a width. */
export function resize(
  image: Value,
  [height, width]: readonly [number, number],
  { interpolation, alignCorners }: ResizeMode,
  graph: GraphBuilder,
): Value {
  const [batch, , , channels] = image.shape;
  const x = graph.channelsFirst(image);
  const stored = { ...x, shape: [batch, channels, null, null], layout: 'tfjs' } as const;
  const sizes = joinExtents([extentsOf(stored, 0, 2, graph), [height, width]], graph);
  const nearest = { mode: 'nearest', nearest_mode: alignCorners ? 'round_prefer_ceil' : 'floor' };
  return graph.node('Resize', [x, null, null, sizes], {
    attributes: {
      ...(interpolation === 'nearest' ? nearest : { mode: 'linear' }),
      coordinate_transformation_mode: alignCorners ? 'align_corners' : 'asymmetric',
    },
    shape: [batch, height, width, channels],
    layout: 'channels-first',
  });
}

/** What tfjs calls cropping to the aspect ratio only moves the sampling grid. */
export const resizing = defineConverter('Resizing', (layer, [x], graph) => {
  const { height, width, interpolation, cropToAspectRatio } = layer.getConfig() as {
    height: number;
    width: number;
    interpolation: 'nearest' | 'bilinear';
    cropToAspectRatio: boolean;
  };
  if (x.shape.length !== 4) throw graph.unsupported(`an image of rank ${x.shape.length} without a batch`);
  return resize(
    asFloat(x, graph),
    [height, width],
    { interpolation, alignCorners: !cropToAspectRatio },
    graph,
  );
});
