/**
 * The only file that imports the package, which is 10.9 MB: `opencv.ts` imports this one where there is no Node and
 * somebody needs it. In an object, as the library answers `then` and would be taken for a promise.
 */
import opencv from '@techstark/opencv-js';

export const imported = { opencv };
