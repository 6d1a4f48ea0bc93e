import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);
const read = (path: string) => readFile(new URL(path, root), 'utf8');

/** The text of the first fenced block of a language. */
function firstBlock(markdown: string, language: string): string | undefined {
  return new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'ms').exec(markdown)?.[1];
}

async function foldersIn(path: string): Promise<string[]> {
  const entries = await readdir(new URL(path, root), { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

describe('README.md', () => {
  it('shows a whole job in at most 25 lines: the example that runs in CI, to the letter', async () => {
    const snippet = firstBlock(await read('README.md'), 'ts') ?? '';
    expect(snippet).toBe(await read('examples/own-job/own-job.ts'));
    expect(snippet.trimEnd().split('\n').length).toBeLessThanOrEqual(25);
  });

  it('says what it is in five lines, and then the command that runs it', async () => {
    const [what = ''] = (await read('README.md')).split('\n## ');
    const lines = what
      .split('\n')
      .slice(1)
      .filter((line) => line !== '');
    expect(lines.length).toBeLessThanOrEqual(5);
    expect(firstBlock(await read('README.md'), 'sh')).toBe('npm start\n');
  });

  it('maps every folder of apps and packages, and no other', async () => {
    const map = /^## The folders\n\n```\n(.*?)^```/ms.exec(await read('README.md'))?.[1] ?? '';
    const mapped = [...map.matchAll(/^ {2}([\w-]+)\/ /gm)].map((match) => match[1]);
    const there = await Promise.all(['apps', 'packages'].map((folder) => foldersIn(folder)));
    expect(mapped.toSorted()).toEqual(there.flat().toSorted());
  });
});
