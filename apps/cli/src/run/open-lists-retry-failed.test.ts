import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunLists } from './open-lists.ts';
import { cutShort, refusal, resultOf, useList } from '../testing/opened-list.ts';

const list = useList();

describe('--retry-failed', () => {
  const someFailed =
    resultOf(3, 'nonsense', false, 'BAD_URL') + resultOf(1, 'http://a/1', false) + resultOf(2, 'http://a/2');
  const doneOf = ({ done }: RunLists): boolean[] => [1, 2, 3].map((line) => done.has(line));

  it('takes a finished run up with what is ok, and says how much it fetches again', async () => {
    await writeFile(list.out, someFailed);
    const lists = await list.openFresh({ retryFailed: true, timeoutMs: 60_000 });
    expect(doneOf(lists)).toEqual([false, true, true]);
    expect(lists.counts).toMatchObject({ fetched: 1, failed: 1 });
    expect(list.notes).toEqual(['fetching 1 line that failed again']);
    await cutShort(lists);
  });

  it('drops results once in a run that is cut short', async () => {
    await writeFile(list.out, someFailed);
    await cutShort(await list.openFresh({ retryFailed: true }));
    await appendFile(list.out, resultOf(1, 'http://a/1', false));
    for (const retryFailed of [true, false]) {
      const again = await list.openFresh({ retryFailed });
      expect(doneOf(again)).toEqual([true, true, true]);
      await cutShort(again);
    }
  });

  it('drops the rest after it was killed halfway', async () => {
    await writeFile(list.out, someFailed);
    const lists = await list.openFresh({ retryFailed: true });
    await cutShort(lists);
    const record = join(`${list.out}.sluice`, 'run.json');
    await writeFile(record, (await readFile(record, 'utf8')).replace('"dropped"', '"dropping"'));
    await writeFile(list.out, someFailed);
    const again = await list.openFresh();
    expect(again.runId).toBe(lists.runId);
    expect(doneOf(again)).toEqual([false, true, true]);
    await cutShort(again);
  });

  it('takes up a run that is not finished, in a queue that remembers nothing', async () => {
    const first = await list.openFresh();
    await first.sink.write(Buffer.from(resultOf(1, 'http://a/1', false)));
    await cutShort(first);
    const again = await list.openFresh({ retryFailed: true });
    expect(again.runId).not.toBe(first.runId);
    expect(doneOf(again)).toEqual([false, false, false]);
    await cutShort(again);
  });

  it('begins a run when there is none', async () => {
    const lists = await list.openFresh({ retryFailed: true });
    expect(doneOf(lists)).toEqual([false, false, false]);
    expect(list.notes).toEqual([]);
    await cutShort(lists);
  });

  it('has nothing to do when nothing failed that another try may change', async () => {
    await writeFile(
      list.out,
      resultOf(3, 'nonsense', false, 'BAD_URL') + resultOf(1, 'http://a/1') + resultOf(2, 'http://a/2'),
    );
    expect(await list.open({ retryFailed: true })).toMatchObject({ finished: { fetched: 2, failed: 1 } });
  });

  it('needs files, and leaves a stranger alone', async () => {
    expect(await refusal(list.open({ retryFailed: true, out: null }))).toContain('--retry-failed needs a file');
    await writeFile(list.out, 'dear diary\n');
    expect(await refusal(list.open({ retryFailed: true }))).toContain('no unfinished run belongs to it');
  });
});
