import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder of the built page: `index.html`, and `assets` whose names change with what is in them. */
export const consolePageFolder: string = fileURLToPath(new URL('../dist/embedded/page/', import.meta.url));

/** Whether the page is built: always in the installed package, and in a checkout once `pnpm build` has run. */
export function isConsoleBuilt(folder: string = consolePageFolder): boolean {
  return existsSync(`${folder}/index.html`);
}
