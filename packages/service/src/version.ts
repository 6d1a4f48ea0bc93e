import { readFileSync } from 'node:fs';
import { z } from 'zod';

const manifest = z.object({ version: z.string() });

/** The version of this package, as its package.json says; undefined in a bundle, which has none. */
export const ownVersion: string | undefined = readVersion();

function readVersion(): string | undefined {
  try {
    return manifest.parse(JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))).version;
  } catch {
    return undefined;
  }
}
