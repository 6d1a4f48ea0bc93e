import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { bullmqScript } from './load-script.ts';
import { addScripts, ourScript, onOutOfMemoryOf, wrappedNames, wrappedScript, wrappedText } from './scripts.ts';

/** Commands that need memory, as BullMQ's texts call them. */
const GROWING = /call\(\s*["'](?:SET|HSET|HMSET|HINCRBY|INCR|INCRBY|ZADD|SADD|LPUSH|RPUSH|RPOPLPUSH|LMOVE|XADD)["']/;

const page = await readFile(new URL('../../../../../docs/architecture.md', import.meta.url), 'utf8');
const table = /<!-- scripts:begin -->(.*)<!-- scripts:end -->/s.exec(page)?.[1] ?? '';
const rows = [...table.matchAll(/^\| `(\w+)` .*\| ([^|]+) \|$/gm)].map(([, name = '', onOutOfMemory = '']) => ({
  name,
  onOutOfMemory,
}));

const files = await readdir(new URL('./scripts/', import.meta.resolve('bullmq')));
const keysOf = new Map(
  files.flatMap((file) => {
    const [, name = '', keys] = /^(\w+)-(\d+)\.js$/.exec(file) ?? [];
    return keys === undefined ? [] : [[name, Number(keys)] as const];
  }),
);
const textOf = (name: string): string => bullmqScript(name, keysOf.get(name) ?? -1);

describe('what a full Redis does with each script', () => {
  it('stands in docs/architecture.md as it is in the source', () => {
    expect(rows.length).toBe(keysOf.size);
    for (const { name, onOutOfMemory } of rows) {
      const expected = { refused: /^refused, whole$/, runs: /^runs: ./, reads: /^never$/ };
      const ours = onOutOfMemoryOf(name);
      expect(onOutOfMemory, name).toMatch(
        ours ? expected[ours] : /^(only reads|only deletes|refused .+|refused, by .+|not ours)$/,
      );
    }
  });

  it('is no question for those that are said to read or delete only', () => {
    const harmless = rows.filter(({ onOutOfMemory }) => onOutOfMemory.startsWith('only'));
    expect(harmless.length).toBeGreaterThan(10);
    for (const { name } of harmless) expect(textOf(name), name).not.toMatch(GROWING);
    expect(textOf('addLog')).toMatch(GROWING);
  });

  it('is said in the first line of each script of ours', () => {
    expect(ourScript('admit-jobs')).toMatch(/^#!lua flags=allow-cross-slot-keys\n/);
    expect(ourScript('leave-waiter-queue')).toMatch(/^#!lua flags=allow-oom,allow-cross-slot-keys\n/);
    for (const name of wrappedNames) {
      const flags = onOutOfMemoryOf(name) === 'runs' ? 'allow-oom,' : '';
      expect(wrappedText(name), name).toMatch(new RegExp(`^#!lua flags=${flags}allow-cross-slot-keys\n`));
    }
  });

  it('is decided for BullMQ’s scripts with as many keys as they have', () => {
    for (const name of wrappedNames) expect(wrappedScript(name).originalKeys, name).toBe(keysOf.get(name));
    for (const [name, keys] of Object.entries(addScripts)) expect(keys, name).toBe(keysOf.get(name));
  });
});
