/**
 * A plugin for Vite: OpenCV stays out of what is built, and its importer looks for `opencv/opencv.mjs` beside the
 * folder `assets`, where `writeOpenCv` (jobs/site/opencv-script.ts) puts it. So a site has its 10.9 MB only where it needs
 * them, and the package does not publish them twice.
 */
export const openCvBeside = () => ({
  name: 'opencv-beside',
  enforce: 'pre',
  resolveId(id) {
    return id === '@techstark/opencv-js' ? { id: '../opencv/opencv.mjs', external: 'relative' } : null;
  },
});
