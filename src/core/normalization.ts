/** Channel statistics of RGB values scaled to 0–1: a model takes (x / 255 − mean) / std. */
export interface Normalization {
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

/** ImageNet's, as torchvision's pretrained models expect. */
export const imagenetNormalization = {
  mean: [0.485, 0.456, 0.406] as [number, number, number],
  std: [0.229, 0.224, 0.225] as [number, number, number],
};
