import type { backend_util, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import { tf } from '../../tf.ts';

/** What a composed kernel needs of tfjs's wasm backend. */
export interface WasmBackend {
  makeOutput(shape: readonly number[], dtype: 'float32'): TensorInfo;
  /** A view into the wasm heap. It goes stale when the heap grows, so take it after the last allocation. */
  typedArrayFromHeap(info: TensorInfo): Float32Array;
  disposeData(dataId: object): boolean;
}

export interface KernelCall<Attributes> {
  readonly inputs: NamedTensorInfoMap;
  readonly attrs: Attributes;
  readonly backend: WasmBackend;
}

type Pad = 'valid' | 'same' | number | backend_util.ExplicitPadding;

/** The attributes that tfjs hands to convolution and pooling gradients. */
export interface WindowAttributes {
  readonly strides: number | [number, number];
  readonly pad: Pad;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/** Runs one of the wasm backend's own kernels. The caller disposes what it returns. */
export function runKernel(
  name: string,
  inputs: NamedTensorInfoMap,
  attrs: object,
  backend: WasmBackend,
): TensorInfo {
  return tf.getKernel(name, 'wasm').kernelFunc({ inputs, attrs: { ...attrs }, backend }) as TensorInfo;
}

/** Registers a kernel for the wasm backend, in place of the shipped one if there is one. */
export function registerWasmKernel<Attributes>(
  name: string,
  kernel: (call: KernelCall<Attributes>) => TensorInfo | TensorInfo[],
): void {
  removeWasmKernel(name);
  tf.registerKernel({
    kernelName: name,
    backendName: 'wasm',
    kernelFunc: (call) => kernel(call as unknown as KernelCall<Attributes>),
  });
}

/** Takes a shipped kernel out of service: tfjs then throws, naming the kernel, where it would be used. */
export function removeWasmKernel(name: string): void {
  if (tf.getKernel(name, 'wasm')) tf.unregisterKernel(name, 'wasm');
}
