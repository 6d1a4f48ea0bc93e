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

  it('sets up the pnpm of package.json, as .ci/run does', async () => {
    const { packageManager } = JSON.parse(await read('package.json')) as { packageManager: string };
    for (const path of ['.ci/run', '.github/workflows/ci.yml']) {
      expect(allOf(await read(path), /(pnpm@[\d.]+)/g), path).toEqual([packageManager]);
    }
  });
});
