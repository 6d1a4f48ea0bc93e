import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): Promise<string> => readFile(`${root}${path}`, 'utf8');

/** Without indentation: a test in a `describe` stands further right than on the page. */
const flush = (text: string): string => text.replaceAll(/^ +/gm, '').trim();

const sources = globSync('examples/{integration-test,integration-test-node,test-kit}/*.ts', { cwd: root });
const examples = (await Promise.all(sources.map(read))).map(flush);
const blocks = [...(await read('docs/testing.md')).matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code);

describe('docs/testing.md', () => {
  it('shows code of the examples alone, to the letter, so that all of it runs', () => {
    expect(blocks.length).toBeGreaterThan(8);
    expect(blocks.filter((block) => !examples.some((example) => example.includes(flush(block))))).toEqual([]);
  });

  it('begins with a test of at most 20 lines, which is in the README, too', async () => {
    const [first = ''] = blocks;
    expect(first.trimEnd().split('\n').length).toBeLessThanOrEqual(20);
    expect(await read('README.md')).toContain(first);
  });
});
