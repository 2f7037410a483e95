/** Changes that a recipe can name, of pictures in training. */
export const augmentations = ['flip', 'rotate', 'blur', 'scale', 'crop'] as const;
export type Augmentation = (typeof augmentations)[number];
