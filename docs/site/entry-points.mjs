import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const packages = fileURLToPath(new URL('../../packages/', import.meta.url));

/** The schemas of our own services are no library. */
const notForUsers = new Set(['shared']);

/**
 * What users import: the name, such as `@sluice/testing/faults`, and the source behind it.
 *
 * @type {{ name: string, file: string }[]}
 */
export const entryPoints = readdirSync(packages)
  .filter((folder) => !notForUsers.has(folder))
  .flatMap((folder) => {
    const { name, exports } = JSON.parse(readFileSync(join(packages, folder, 'package.json'), 'utf8'));
    return Object.entries(exports).flatMap(([path, { '@sluice/source': source }]) =>
      source === undefined ? [] : [{ name: join(name, path), file: join(packages, folder, source) }],
    );
  });
