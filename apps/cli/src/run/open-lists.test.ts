import { access, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FolderLease } from '@sluice/local-redis';
import { describe, expect, it } from 'vitest';
import type { RunOptions } from './run-options.ts';
import { cutShort, refusal, resultOf, useList } from '../testing/opened-list.ts';

const list = useList();
const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
const allResults = resultOf(3, 'nonsense', false) + resultOf(1, 'http://a/1') + resultOf(2, 'http://a/2');

describe('a run that is cut short', () => {
  it('is taken up by the same command, with what it has done', async () => {
    const first = await list.openFresh();
    expect((await stat(`${list.out}.sluice`)).mode & 0o777).toBe(0o700);
    await first.sink.write(Buffer.from(resultOf(2, 'http://a/2') + resultOf(3, 'nonsense', false)));
    await cutShort(first);
    const second = await list.openFresh();
    expect(second.runId).toBe(first.runId);
    expect([1, 2, 3].map((line) => second.done.has(line))).toEqual([false, true, true]);
    expect(second.counts).toMatchObject({ fetched: 1, failed: 1 });
    await cutShort(second);
  });

  it('may change what does not change results', async () => {
    const first = await list.openFresh();
    await cutShort(first);
    const second = await list.openFresh({ capacity: 5, workers: 1, concurrency: 1, perHost: 1 });
    expect(second.runId).toBe(first.runId);
    await cutShort(second);
  });

  it.each<[string, Partial<RunOptions>, string]>([
    ['timeout', { timeoutMs: 5_000 }, '--timeout: 30s then, 5s now'],
    ['attempts', { attempts: 1 }, '--attempts: 3 then, 1 now'],
    ['body', { body: 'text' }, '--body: none then, text now'],
    ['address policy', { allowPrivate: true }, '--allow-private: not given then, given now'],
    ['redis', { redis: 'redis://:s3cret@r:1/2' }, '--redis: none then, r:1/2 now'],
  ])('refuses another %s and says the two ways on', async (_, change, difference) => {
    await cutShort(await list.openFresh());
    const message = await refusal(list.open(change));
    expect(message).toContain(difference);
    expect(message).toContain('go on with the list and the options of then');
    expect(message).toContain('--restart');
    expect(message).not.toContain('s3cret');
    await cutShort(await list.openFresh());
  });

  it('refuses another list', async () => {
    await cutShort(await list.openFresh());
    await writeFile(list.input, 'http://a/1\n');
    expect(await refusal(list.open())).toContain('the list of URLs: SHA-256');
  });

  it('refuses a state that belongs to another output', async () => {
    const stateDir = join(list.folder, 'state');
    await cutShort(await list.openFresh({ stateDir }));
    expect(await refusal(list.open({ stateDir, out: join(list.folder, 'other.ndjson') }))).toContain('the output: ');
  });

  it('starts over with --restart', async () => {
    const first = await list.openFresh();
    await first.sink.write(Buffer.from(resultOf(2, 'http://a/2')));
    await cutShort(first);
    const second = await list.openFresh({ restart: true, timeoutMs: 5_000 });
    expect(second.runId).not.toBe(first.runId);
    expect(second.done.size).toBe(0);
    expect(await readFile(list.out, 'utf8')).toBe('');
    await cutShort(second);
  });

  it('is not taken up while it still runs', async () => {
    const first = await list.openFresh();
    expect(await refusal(list.open())).toContain(`another run (process ${process.pid}) is at work on it`);
    expect(await refusal(list.open({ restart: true }))).toContain('is at work on it');
    await cutShort(first);
  });

  it('is not taken up while it runs on another host, which shares the folder', async () => {
    await cutShort(await list.openFresh());
    const self = { pid: 7, startedAt: '1', space: 'another boot pid:[1]', host: 'web-1' };
    const taken = await FolderLease.take(`${list.out}.sluice`, { beatMs: 20 }, self);
    if (!('lease' in taken)) throw new Error('the lease was not free');
    expect(await refusal(list.open())).toContain('another run (process 7 on web-1) is at work on it');
    expect(list.notes).toEqual(['waiting to see whether the run of process 7 on web-1 is at work']);
    await taken.lease.end();
    await cutShort(await list.openFresh());
  });

  it('with a broken record only starts over', async () => {
    await cutShort(await list.openFresh());
    await writeFile(join(`${list.out}.sluice`, 'run.json'), '{');
    expect(await refusal(list.open())).toContain('cannot be read');
    await cutShort(await list.openFresh({ restart: true }));
  });
});

describe('an output that is there', () => {
  it("is left alone when it is a stranger's", async () => {
    await writeFile(list.out, 'dear diary\n');
    expect(await refusal(list.open())).toContain('no unfinished run belongs to it');
    expect(await readFile(list.out, 'utf8')).toBe('dear diary\n');
    expect(await exists(`${list.out}.sluice`)).toBe(false);
  });

  it('is used when it is empty', async () => {
    await writeFile(list.out, '');
    const lists = await list.openFresh();
    expect(lists.done.size).toBe(0);
    await cutShort(lists);
  });

  it('is overwritten with --restart', async () => {
    await writeFile(list.out, 'dear diary\n');
    await cutShort(await list.openFresh({ restart: true }));
    expect(await readFile(list.out, 'utf8')).toBe('');
  });

  it('is finished when it has exactly the results of the list', async () => {
    await writeFile(list.out, allResults);
    expect(await list.open()).toMatchObject({ finished: { lines: 3, fetched: 2, failed: 1 } });
    expect(await exists(`${list.out}.sluice`)).toBe(false);
  });

  it('is finished in whatever order many results were written', async () => {
    const urls = Array.from({ length: 5_000 }, (_, index) => `http://a/${index + 1}`);
    await writeFile(list.input, `${urls.join('\n')}\n`);
    const results = urls.map((url, index) => resultOf(index + 1, url));
    await writeFile(list.out, results.toReversed().join(''));
    expect(await list.open()).toMatchObject({ finished: { lines: 5_000 } });
  });

  it.each([
    ['lacks one', resultOf(1, 'http://a/1') + resultOf(2, 'http://a/2')],
    ['has one twice', resultOf(1, 'http://a/1') + resultOf(1, 'http://a/1') + resultOf(2, 'http://a/2')],
    ['has another URL', allResults.replace('http://a/1', 'http://a/9')],
    ['ends with a torn line', `${allResults}{`],
  ])('is not finished when it %s', async (_, content) => {
    await writeFile(list.out, content);
    expect(await refusal(list.open())).toContain('no unfinished run belongs to it');
  });

  it.each<[string, () => Partial<RunOptions>, string]>([
    ['is the list itself', () => ({ out: list.input }), 'is the list of URLs'],
    ['is a folder', () => ({ out: list.folder }), 'is a folder'],
    ['has no folder', () => ({ out: join(list.folder, 'no', 'out') }), 'there is no folder'],
    ['has a state folder with files of another program', () => ({ stateDir: list.folder }), 'holds other things'],
    ['has a file for its state folder', () => ({ stateDir: list.input }), 'cannot be'],
  ])('is refused when it %s', async (_, change, message) => {
    expect(await refusal(list.open(change()))).toContain(message);
  });
});

describe('a list', () => {
  it.each<[string, () => Partial<RunOptions>, string]>([
    ['is not there', () => ({ input: join(list.folder, 'none') }), 'there is no file'],
    ['is a folder', () => ({ input: list.folder }), 'is a folder'],
  ])('is refused when it %s', async (_, change, message) => {
    expect(await refusal(list.open(change()))).toContain(message);
    expect(await exists(list.out)).toBe(false);
  });

  it('that changes while it is read is refused', async () => {
    const lists = await list.openFresh();
    await writeFile(list.input, 'http://a/1\nhttp://a/2\nnonsense!\n');
    const reading = (async () => {
      for await (const _ of lists.input.chunks());
    })();
    expect(await refusal(reading)).toContain('was changed while it was read');
    await cutShort(lists);
  });
});

describe('a run that cannot be resumed', () => {
  it('says so at the start, and leaves nothing', async () => {
    const lists = await list.openFresh({ out: null });
    expect(list.notes).toEqual(['this run cannot be resumed, because results go to a pipe; with -o FILE it could']);
    expect(lists.state).toBeNull();
    await list.openFresh({ input: '-' });
    expect(list.notes[1]).toContain('standard input can be read only once');
  });

  it('has no use for a state folder', async () => {
    expect(await refusal(list.open({ input: '-', stateDir: join(list.folder, 'state') }))).toContain(
      '--state needs a file',
    );
  });

  it('does not overwrite an output without --restart', async () => {
    await writeFile(list.out, allResults);
    expect(await refusal(list.open({ input: '-' }))).toContain('is there already');
    await mkdir(join(list.folder, 'more'));
    await (await list.openFresh({ input: '-', restart: true })).sink.close();
    expect(await readFile(list.out, 'utf8')).toBe('');
  });
});
