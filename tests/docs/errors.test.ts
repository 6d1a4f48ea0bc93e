import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { reservedNames } from '@sluice/service';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

interface CodedClass {
  readonly name: string;
  readonly code: string;
}

async function* readSources(): AsyncGenerator<{ path: string; text: string }> {
  for await (const path of glob('{packages,apps}/*/src/**/*.ts', { cwd: root })) {
    if (!path.endsWith('.test.ts')) yield { path, text: await readFile(join(root, path), 'utf8') };
  }
}

/** Every class of the sources that has a code of ours. */
async function readClasses(): Promise<CodedClass[]> {
  const found: CodedClass[] = [];
  for await (const { text } of readSources()) {
    for (const body of text.split(/^(?=.*\bclass \w+)/m)) {
      const name = /\bclass (\w+)/.exec(body)?.[1] ?? '';
      for (const [, code = ''] of body.matchAll(/\bcode\b[^=\n]*= '(SLUICE_\w+)'/g)) found.push({ name, code });
    }
  }
  return found;
}

/** The rows of the tables in docs/errors.md. */
async function readPage(): Promise<(CodedClass & { when: string; todo: string })[]> {
  const text = await readFile(join(root, 'docs/errors.md'), 'utf8');
  const rows = text.matchAll(/^\| `(SLUICE_\w+)` \| (\w+) \| (.+?) \| (.*?) ?\|$/gm);
  return [...rows].map(([, code = '', name = '', when = '', todo = '']) => ({ name, code, when, todo }));
}

const shown = ({ name, code }: CodedClass): string => `${code} ${name}`;
const source = await readClasses();
const page = await readPage();

describe('docs/errors.md', () => {
  it('lists every code of the source under its class, each once, and no other', () => {
    expect(source.length).toBeGreaterThan(0);
    expect(page.map(shown).toSorted()).toEqual(source.map(shown).toSorted());
  });

  it('says of each when it is thrown, and what to do unless the reader is who throws it', () => {
    const mute = page.filter(({ when, todo }) => when === '' || (todo === '' && !when.startsWith('**you**')));
    expect(mute.map(shown)).toEqual([]);
  });
});

describe('the codes', () => {
  it('are unique over all packages and apps', () => {
    const codes = source.map(({ code }) => code);
    expect(codes.filter((code, index) => codes.indexOf(code) !== index)).toEqual([]);
  });

  it('are the only SLUICE_ words of the sources, except for names of variables', async () => {
    const known = new Set([...source.map(({ code }) => code), ...reservedNames]);
    const strange: string[] = [];
    for await (const { path, text } of readSources()) {
      for (const [word] of text.matchAll(/\bSLUICE_[A-Z_]+\b/g)) if (!known.has(word)) strange.push(`${path}: ${word}`);
    }
    expect(strange).toEqual([]);
  });
});
