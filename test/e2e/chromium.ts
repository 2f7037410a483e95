import { type Browser, chromium } from 'playwright-core';
import { findBrowser } from '../../src/node/browser.ts';

/** For tests that load onnxruntime's wasm often and run it little: it is not compiled a second time, for speed. */
export const quickStart = '--js-flags=--liftoff-only';

/** Chromium asks its maker for updates and the like even so: no name is resolved but this machine's. */
const callNobody = ['--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1'];

/**
 * Starts this machine's Chromium without a window.
 *
 * @throws Error with the remedy: browser tests are never skipped
 */
export async function launchChromium(flags: readonly string[] = []): Promise<Browser> {
  const found = await findBrowser();
  if (!found) {
    throw new Error(
      'the browser tests need Chromium, and none was found; install it (apt-get install chromium, ' +
        'brew install --cask chromium) or name one with CHROMIUM_PATH',
    );
  }
  return chromium.launch({
    executablePath: found.path,
    args: ['--no-sandbox', '--disable-background-networking', ...callNobody, ...flags],
  });
}
