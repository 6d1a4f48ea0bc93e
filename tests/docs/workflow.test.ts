import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);
const read = (path: string): Promise<string> => readFile(new URL(path, root), 'utf8');
const allOf = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, found = '']) => found);

describe('.github/workflows/ci.yml', () => {
  it('runs the steps of .ci/run, in their order, after setting up pnpm', async () => {
    const steps = allOf(await read('.ci/run'), /^step (.*)$/gm);
    const [setUp, ...runs] = allOf(await read('.github/workflows/ci.yml'), /^ {6}- run: (.*)$/gm);
    expect(steps.length).toBeGreaterThan(2);
    expect(runs).toEqual(steps);
    expect(setUp).toMatch(/^npm install --global /);
  });

  it('sets up the pnpm of package.json, as .ci/run and the release do', async () => {
    const { packageManager } = JSON.parse(await read('package.json')) as { packageManager: string };
    for (const path of ['.ci/run', '.github/workflows/ci.yml', '.github/workflows/release.yml']) {
      expect(allOf(await read(path), /(pnpm@[\d.]+)/g), path).toEqual([packageManager]);
    }
  });
});

describe('.github/workflows/release.yml', () => {
  it('runs the one command that CONTRIBUTING.md names, and it is there', async () => {
    const { scripts } = JSON.parse(await read('package.json')) as { scripts: Record<string, string> };
    expect(await read('CONTRIBUTING.md')).toMatch(/^pnpm release /m);
    expect(await read('.github/workflows/release.yml')).toMatch(/^ {6}- run: pnpm release "\$VERSION" /m);
    expect(scripts).toHaveProperty('release');
  });
});
