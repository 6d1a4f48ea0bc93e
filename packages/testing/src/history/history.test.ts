import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test as base } from 'vitest';
import { HistoryTail, MemoryHistory, openHistory, readHistory } from './history.ts';

const test = base.extend<{ file: string }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the parameter's pattern
  file: async ({}, use) => {
    const dir = mkdtempSync(join(tmpdir(), 'history-'));
    await use(join(dir, 'history.ndjson'));
    rmSync(dir, { recursive: true });
  },
});

describe('a history', () => {
  test('keeps facts in the order in which they were recorded', () => {
    let now = 10;
    const history = new MemoryHistory(() => (now -= 1));
    history.record({ type: 'killed', process: 'a' });
    history.record({ type: 'killed', process: 'b' });
    expect(history.facts).toEqual([
      { type: 'killed', process: 'a', at: 9 },
      { type: 'killed', process: 'b', at: 8 },
    ]);
  });

  test('is on disk before record returns', ({ file }) => {
    using history = openHistory(file, () => 1);
    history.record({ type: 'killed', process: 'a' });
    expect(readHistory(file)).toEqual({ facts: [{ type: 'killed', process: 'a', at: 1 }], tornLines: 0 });
  });

  test('may be closed twice', ({ file }) => {
    const history = openHistory(file);
    history.close();
    history.close();
    expect(() => history.record({ type: 'killed', process: 'a' })).toThrow();
  });

  test('loses only the line that kill -9 tore, not the next process’s', ({ file }) => {
    using history = openHistory(file);
    history.record({ type: 'killed', process: 'a' });
    appendFileSync(file, '\n{"type":"killed","proc');
    history.record({ type: 'killed', process: 'b' });
    const read = readHistory(file);
    expect(read.facts.map((fact) => fact.type === 'killed' && fact.process)).toEqual(['a', 'b']);
    expect(read.tornLines).toBe(1);
  });

  test('survives every cut of its last line', ({ file }) => {
    {
      using history = openHistory(file);
      history.record({ type: 'killed', process: 'first' });
    }
    const whole = readFileSync(file);
    {
      using history = openHistory(file);
      history.record({ type: 'killed', process: 'last' });
    }
    const both = readFileSync(file);
    for (let end = whole.length; end < both.length - 1; end += 1) {
      writeFileSync(file, both.subarray(0, end));
      expect(readHistory(file).facts).toHaveLength(1);
    }
  });

  test('can be followed while it grows', ({ file }) => {
    using history = openHistory(file);
    const tail = new HistoryTail(file);
    expect(tail.read().facts).toEqual([]);
    history.record({ type: 'killed', process: 'ä' });
    expect(tail.read().facts).toHaveLength(1);
    appendFileSync(file, '{"type":"killed","pro');
    expect(tail.read()).toMatchObject({ facts: [{}], tornLines: 1 });
    appendFileSync(file, 'cess":"b"}\n');
    expect(tail.read()).toMatchObject({ facts: [{ process: 'ä' }, { process: 'b' }], tornLines: 0 });
  });

  test('is whole when several processes write it at once', async ({ file }) => {
    const program = `
      const { openHistory } = await import(${JSON.stringify(import.meta.resolve('./history.ts'))});
      const history = openHistory(process.argv[1]);
      for (let i = 0; i < 2_000; i += 1) history.record({ type: 'killed', process: process.pid + ':' + i });`;
    const writers = Array.from({ length: 4 }, () =>
      spawn(process.execPath, ['--input-type=module', '-e', program, file]),
    );
    const codes = await Promise.all(writers.map((writer) => once(writer, 'exit').then(([code]) => code as number)));
    expect(codes).toEqual([0, 0, 0, 0]);

    const { facts, tornLines } = readHistory(file);
    expect(tornLines).toBe(0);
    expect(new Set(facts.map((fact) => fact.type === 'killed' && fact.process)).size).toBe(8_000);
  });
});
