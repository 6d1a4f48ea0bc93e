import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** A title is a sentence that says what holds, and fits a line of a report. */
const TITLE_MAX = 100;

/** The first argument of `it`, `test` and what they return for `each`, as it is written: values of its rows do not count. */
const TITLE = /(?:\b(?:it|test)(?:\.\w+)*|\))\(\s*(['"`])((?:\\.|(?!\1).)*)\1\s*,\s*(?:async\b|\(|\{)/g;

it('gives no test a title of more than 100 characters', async () => {
  const tooLong: string[] = [];
  let count = 0;
  for await (const file of glob('{packages,apps,bench,tests,examples,scripts}/**/*.test.ts', {
    cwd: root,
    exclude: (name) => name === 'node_modules' || name === 'dist',
  })) {
    for (const [, , title = ''] of (await readFile(join(root, file), 'utf8')).matchAll(TITLE)) {
      count += 1;
      if (title.length > TITLE_MAX) tooLong.push(`${file}: ${title}`);
    }
  }
  expect(tooLong).toEqual([]);
  expect(count).toBeGreaterThan(1_500);
});
