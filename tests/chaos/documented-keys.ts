import { readFile } from 'node:fs/promises';

const page = new URL('../../docs/architecture.md', import.meta.url);

/** The names of our keys that docs/architecture.md lists: `waiters` for `sluice:waiters`, `reply` for `sluice:reply:<producer>`. */
export async function readDocumentedKeys(): Promise<Set<string>> {
  const text = await readFile(page, 'utf8');
  return new Set([...text.matchAll(/`sluice:([\w-]+)/g)].map(([, name = '']) => name));
}
