import { tf } from '../../tf.ts';
import type { KernelCall, WindowAttributes } from './wasm-kernel.ts';

/**
 * Wraps a shipped convolution so that 'same' padding reaches it as numbers: told only "same", it writes nothing
 * where the stride exceeds the kernel, because its own arithmetic for the padding wraps below zero.
 */
export function withExplicitPadding(name: 'Conv2D' | 'FusedConv2D') {
  const { kernelFunc } = tf.getKernel(name, 'wasm');
  type Attributes = WindowAttributes & { dilations: number | [number, number] };
  return ({ inputs, attrs, backend }: KernelCall<Attributes>) => {
    let pad = attrs.pad;
    if (pad === 'same') {
      const x = inputs.x!.shape as [number, number, number, number];
      const filter = inputs.filter!.shape as [number, number, number, number];
      const conv = tf.backend_util.computeConv2DInfo(x, filter, attrs.strides, attrs.dilations, pad);
      const { top, bottom, left, right } = conv.padInfo;
      pad = [
        [0, 0],
        [top, bottom],
        [left, right],
        [0, 0],
      ];
    }
    return kernelFunc({ inputs, backend, attrs: { ...attrs, pad } as never });
  };
}
