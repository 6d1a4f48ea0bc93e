import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { resolveIncludes } from './load-script.ts';
import { ourNames, ourScript, wrappedNames, wrappedText } from './scripts.ts';

const lua = new URL('../../../lua/', import.meta.url);
const files = (await readdir(lua, { recursive: true })).filter((file) => file.endsWith('.lua'));
const texts = new Map(
  await Promise.all(files.map(async (file) => [file, await readFile(new URL(file, lua), 'utf8')] as const)),
);
const entries = files.filter((file) => !file.startsWith('include/'));

/** What a file includes, and what that includes. */
function includesOf(name: string, text: string): string[] {
  const names: string[] = [];
  resolveIncludes(name, text, (included) => {
    names.push(included);
    return texts.get(`include/${included}.lua`) ?? '';
  });
  return names;
}

/** The comment at the top, behind the includes. */
const headerOf = (file: string): string => /^--\[\[\n(.*?)^\]\]$/ms.exec(texts.get(file) ?? '')?.[1] ?? '';

describe('the files of packages/queue/lua', () => {
  it('are called, or included by one that is called', () => {
    const wrapping = ['admit-retries', 'admit-retry', 'admit-scheduler', 'wake-after'];
    expect(entries.toSorted()).toEqual([...ourNames, ...wrapping].map((name) => `${name}.lua`).toSorted());
    const extensions = ['forget-removed-id', 'remember-ended-id'];
    const included = new Set(entries.flatMap((file) => includesOf(file, texts.get(file) ?? '')));
    const parts = files.flatMap((file) => /^include\/(.+)\.lua$/.exec(file)?.[1] ?? []);
    expect(parts.length).toBeGreaterThan(10);
    expect(parts.filter((part) => !included.has(part) && !extensions.includes(part))).toEqual([]);
  });

  it('load, each with all that it includes', () => {
    for (const name of ourNames) expect(ourScript(name), name).toContain(`  ${name}: `);
    for (const name of wrappedNames) expect(wrappedText(name).length, name).toBeGreaterThan(100);
  });

  it('say at their top what they are given, what they return and what they do to the count', () => {
    for (const file of entries) {
      const header = headerOf(file);
      expect(header, file).toMatch(new RegExp(`^  ${file.slice(0, -'.lua'.length)}: `));
      for (const part of ['KEYS', 'ARGV', 'Returns', 'Count']) {
        expect(header, `${file} does not document ${part}`).toMatch(new RegExp(`^  ${part}\\b`, 'm'));
      }
    }
  });

  it('give a key its name before they use it', () => {
    for (const [file, text] of texts) {
      expect(text, file).not.toMatch(/p?call\([^()]*KEYS\[/);
      expect(text, file).not.toContain('KEYS[#KEYS');
    }
  });
});
