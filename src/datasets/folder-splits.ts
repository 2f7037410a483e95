/** The splits that a plain folder can have, in their usual order. */
export const folderSplits: readonly string[] = ['train', 'val', 'test'];
