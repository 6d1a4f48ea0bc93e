import { readFileSync } from 'node:fs';

// What is built has the version in it instead of this file: see `#package-version` in package.json, and build/embed.ts.
const manifest: { version: string } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

/** The version of this package. */
export const packageVersion: string = manifest.version;
