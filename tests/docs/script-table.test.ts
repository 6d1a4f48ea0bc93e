import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);

interface Row {
  script: string;
  treatment: string;
}

/** The rows between the markers of docs/architecture.md. */
async function readTable(): Promise<Row[]> {
  const text = await readFile(new URL('docs/architecture.md', root), 'utf8');
  const table = /<!-- scripts:begin -->(.*)<!-- scripts:end -->/s.exec(text)?.[1] ?? '';
  const rows = table.matchAll(/^\| `(?<script>\w+)` +\| .*? \| (?<treatment>.*) \|$/gm);
  return [...rows].map(({ groups }) => ({ script: groups?.['script'] ?? '', treatment: groups?.['treatment'] ?? '' }));
}

/** The scripts of the installed BullMQ: one file each, named `<script>-<number of keys>.js`. */
async function readBullmqScripts(): Promise<string[]> {
  const files = await readdir(new URL('./scripts/', import.meta.resolve('bullmq')));
  return files.flatMap((file) => /^(\w+)-\d+\.js$/.exec(file)?.[1] ?? []);
}

/** The admission scripts of packages/queue, without their ending. */
async function readAdmissionScripts(): Promise<string[]> {
  const files = await readdir(new URL('packages/queue/lua/', root));
  return files.flatMap((file) => /^(admit-[\w-]+)\.lua$/.exec(file)?.[1] ?? []);
}

describe('the table of scripts in docs/architecture.md', () => {
  it('lists every script of the installed BullMQ, each once, and no other', async () => {
    const listed = (await readTable()).map((row) => row.script);
    const installed = await readBullmqScripts();
    expect(installed.length).toBeGreaterThan(0);
    expect(listed.toSorted()).toEqual(installed.toSorted());
  });

  it('names the admission scripts that packages/queue has, all of them', async () => {
    const treatments = (await readTable()).map((row) => row.treatment).join('\n');
    const named = [...treatments.matchAll(/(?:admitted|else) by `(admit-[\w-]+)`/g)].map(([, name = '']) => name);
    expect([...new Set(named)].toSorted()).toEqual((await readAdmissionScripts()).toSorted());
  });

  it('names for each admitted script the one of ours that knows it', async () => {
    for (const { script, treatment } of await readTable()) {
      const admission = /admitted by `([\w-]+)`/.exec(treatment)?.[1];
      if (!admission || admission === 'admit-jobs') continue;
      expect(await readFile(new URL(`packages/queue/lua/${admission}.lua`, root), 'utf8')).toContain(script);
    }
  });
});
