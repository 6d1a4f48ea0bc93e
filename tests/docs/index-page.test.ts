import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const docs = fileURLToPath(new URL('../../docs/', import.meta.url));

it('docs/README.md, which is the index and the sidebar of the site, lists every page once', async () => {
  const index = await readFile(`${docs}README.md`, 'utf8');
  const listed = [...index.matchAll(/^- \[.*\]\(((?!\.\.\/)[^)]+)\)$/gm)].map(([, path = '']) => path);
  const pages = globSync('**/*.md', { cwd: docs, exclude: ['**/node_modules/**', 'source/**', 'README.md'] });
  expect(pages.length).toBeGreaterThan(30);
  expect(listed.toSorted()).toEqual(pages.toSorted());
});
