/**
 * A place where a broken guard can harm nothing: Linux namespaces in which every file system is read-only but for one
 * folder, and whose processes all end with the run.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Runs as root of the new namespaces, which is nobody outside them; then runs its arguments. */
const seal = `
set -e
mount --bind "$WRITABLE" "$WRITABLE"
for cache in node_modules/.vite node_modules/.vite-temp; do mount --bind "$WRITABLE/tmp" "$cache"; done
while read -r _ _ _ _ point options _; do
  case "$point" in "$WRITABLE" | */node_modules/.vite* | /proc | /proc/*) continue ;; esac
  kept=$(printf %s "$options" | tr , '\\n' | grep -xE 'nosuid|nodev|noexec' | tr '\\n' ,)
  mount -o "remount,bind,ro,$kept" "$(printf %b "$point")"
done < /proc/self/mountinfo
if touch "$PWD/.writable" 2>/dev/null; then rm "$PWD/.writable"; echo 'the checkout is still writable' >&2; exit 1; fi
exec "$@"
`;

const namespaces = [
  '--user',
  '--map-root-user',
  '--mount',
  '--pid',
  '--fork',
  '--kill-child',
  '--mount-proc',
];

/** Whether this process runs in such a place. */
export const isIsolated = () => process.env.MUTANTS_ISOLATED === '1';

/**
 * Runs a command where only `folder` can be written, which has its temporary files and its home, too.
 *
 * @returns its exit status
 */
export function runIsolated(folder, command) {
  const [temporary, home] = ['tmp', 'home'].map((name) => join(resolve(folder), name));
  rmSync(temporary, { recursive: true, force: true });
  // Vite keeps its own temporary files in node_modules, whatever it is told.
  const caches = ['node_modules/.vite', 'node_modules/.vite-temp'];
  for (const path of [temporary, home, ...caches]) mkdirSync(path, { recursive: true });
  const { status, signal } = spawnSync('unshare', [...namespaces, 'bash', '-c', seal, 'seal', ...command], {
    stdio: 'inherit',
    env: {
      ...process.env,
      WRITABLE: resolve(folder),
      TMPDIR: temporary,
      HOME: home,
      MUTANTS_ISOLATED: '1',
    },
  });
  return status ?? (signal ? 1 : 127);
}

/** Null where this machine has such places, else what is missing. */
export function isolationFault() {
  if (process.platform !== 'linux') return 'namespaces, which only Linux has';
  const { status, error } = spawnSync('unshare', [...namespaces, 'true']);
  if (error) return "the program unshare, of Debian's package util-linux";
  return status === 0
    ? null
    : 'namespaces for those who are not root (sysctl kernel.unprivileged_userns_clone=1)';
}
