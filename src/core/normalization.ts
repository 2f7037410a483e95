/** ImageNet's channel statistics for RGB values scaled to 0–1, as torchvision's pretrained models expect. */
export const imagenetNormalization = {
  mean: [0.485, 0.456, 0.406] as [number, number, number],
  std: [0.229, 0.224, 0.225] as [number, number, number],
};
