import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { retiredNames, retiredWords } from './retired-words.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

const everywhere = [
  '{packages,apps,bench,tests,examples,scripts}/**/*.{ts,mjs,lua,md,sh}',
  'docs/**/*.md',
  '{README,CONTRIBUTING}.md',
  '{docker-compose.yml,Dockerfile,vitest.config.ts,oxlint.config.ts,.ci/run}',
];
/** The list itself, and the page that names other queues' words. */
const exempt = new Set(['scripts/retired-words.ts', 'docs/glossary.md']);
const skipped = (name: string): boolean => name === 'node_modules' || name === 'dist';

const NAME = /[A-Za-z]+/g;
const PART = /[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g;

/** What to say in place of a name or word, if it is retired. */
function replacementOf(name: string): string | undefined {
  if (Object.hasOwn(retiredNames, name)) return retiredNames[name];
  const part = (name.match(PART) ?? [])
    .map((each) => each.toLowerCase())
    .find((each) => Object.hasOwn(retiredWords, each));
  return part === undefined ? undefined : retiredWords[part];
}

it('no code and no page uses a retired word', async () => {
  const found: string[] = [];
  let files = 0;
  for await (const file of glob(everywhere, { cwd: root, exclude: skipped })) {
    if (exempt.has(file) || file.startsWith('docs/source/')) continue; // the site's copies of other files
    files += 1;
    const lines = (await readFile(join(root, file), 'utf8')).split('\n');
    for (const [index, line] of lines.entries()) {
      for (const [name] of line.matchAll(NAME)) {
        const instead = replacementOf(name);
        if (instead !== undefined) found.push(`${file}:${index + 1}: ${name}; say ${instead}`);
      }
    }
  }
  expect(found).toEqual([]);
  expect(files).toBeGreaterThan(900);
});
