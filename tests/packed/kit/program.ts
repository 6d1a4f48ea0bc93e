import { readFileSync } from 'node:fs';

/** Programs of users, from `tests/packed/programs`, to be written into the `src` folder of a fresh project. */
export function programs(...names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [`src/${name}`, readProgram(name)]));
}

export function readProgram(name: string): string {
  return readFileSync(new URL(`../programs/${name}`, import.meta.url), 'utf8');
}
