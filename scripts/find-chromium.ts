import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/**
 * The Chromium that the tests of the console drive: `SLUICE_CHROMIUM`, else what is on the path.
 *
 * @throws Error when there is none though `SLUICE_REQUIRE_BROWSER` is 1
 */
export function findChromium(env: NodeJS.ProcessEnv): { path: string } | { reason: string } {
  const named = env['SLUICE_CHROMIUM'];
  const folders = (env['PATH'] ?? '').split(delimiter);
  const candidates = named ? [named] : NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  const path = candidates.find(isExecutable);
  if (path !== undefined) return { path };
  const reason = 'no Chromium (apt-get install chromium, or SLUICE_CHROMIUM): the tests of the console are left out';
  if (env['SLUICE_REQUIRE_BROWSER'] === '1') throw new Error(reason);
  return { reason };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
