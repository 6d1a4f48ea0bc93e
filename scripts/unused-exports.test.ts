import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const paths = execFileSync('git', ['ls-files', '*.ts', '*.tsx', '*.mjs'], { cwd: root, encoding: 'utf8' })
  .trim()
  .split('\n');
const texts = new Map(paths.map((path) => [path, readFileSync(`${root}/${path}`, 'utf8')]));

/** Types are left out: one that stands in the signature of an exported function is part of it. */
const EXPORTED = /^export (?:async |abstract )?(?:function\*?|class|const|let) ([\w$]+)/gm;
/** The generator of the configuration docs finds it by its form. */
const FOUND_BY_FORM = /^apps\/\w+\/src\/config\.ts$/;

it('every exported function, class and constant is named in another file', () => {
  const fileCounts = new Map<string, number>();
  for (const text of texts.values()) {
    for (const word of new Set(text.match(/[\w$]+/g))) fileCounts.set(word, (fileCounts.get(word) ?? 0) + 1);
  }
  const exported = [...texts].flatMap(([path, text]) =>
    [...text.matchAll(EXPORTED)].map(([, name = '']) => ({ path, name })),
  );
  const unused = exported.filter(({ path, name }) => fileCounts.get(name) === 1 && !FOUND_BY_FORM.test(path));
  expect(unused).toEqual([]);
  expect(exported.length).toBeGreaterThan(900);
});
