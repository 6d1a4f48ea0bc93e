import { readdirSync, readFileSync } from 'node:fs';

// What is built has the texts in it instead of this file: see `#lua-texts` in package.json, and build/embed.ts.
const folder = new URL('../../../lua/', import.meta.url);

/** The text of each file of `lua/`, by its path there: `admit-jobs.lua`, `include/capacity.lua`. */
export const luaTexts: Readonly<Record<string, string>> = Object.fromEntries(
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.lua'))
    .toSorted()
    .map((file) => [file, readFileSync(new URL(file, folder), 'utf8')]),
);
