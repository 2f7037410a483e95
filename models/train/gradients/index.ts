import { conv2dFilterGradient } from './conv2d-filter.ts';
import { conv2dInputGradient } from './conv2d-input.ts';
import { maxPoolGradient } from './max-pool.ts';
import { withExplicitPadding } from './same-padding.ts';
import { registerWasmKernel, removeWasmKernel } from './wasm-kernel.ts';

let registered = false;

/** Gives the wasm backend the gradient kernels that training needs, and takes out those that answer wrongly. */
export function registerWasmGradients(): void {
  if (registered) return;
  registered = true;
  registerWasmKernel('Conv2D', withExplicitPadding('Conv2D'));
  registerWasmKernel('FusedConv2D', withExplicitPadding('FusedConv2D'));
  registerWasmKernel('Conv2DBackpropFilter', conv2dFilterGradient);
  registerWasmKernel('Conv2DBackpropInput', conv2dInputGradient);
  registerWasmKernel('MaxPoolGrad', maxPoolGradient);
  for (const wrong of wrongKernels) removeWasmKernel(wrong);
}

/** Shipped with tfjs 4.22 and wrong; nothing here uses them, so an error is better than a bad gradient. */
const wrongKernels = [
  'Conv3DBackpropFilterV2',
  'Conv3DBackpropInputV2',
  'MaxPool3DGrad',
  'ResizeNearestNeighborGrad',
];
