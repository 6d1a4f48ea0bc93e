import { access, appendFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FolderLease } from '@sluice/local-redis';
import { silentLogger } from '@sluice/queue/logging';
import { beforeEach, describe, expect, it } from 'vitest';
import { UsageError } from '../../cli-errors.ts';
import { testFolder } from '../../testing/test-folder.ts';
import { openLists, type RunLists } from '../open-lists.ts';
import { silentReport } from '../progress/progress.ts';
import { runDefaults, type RunHooks, type RunOptions } from '../run-options.ts';

let folder: string;
let notes: string[];
let input: string;
let out: string;

beforeEach(async () => {
  folder = await testFolder();
  notes = [];
  input = join(folder, 'urls.txt');
  out = join(folder, 'out.ndjson');
  await writeFile(input, 'http://a/1\nhttp://me:s3cret@a/2\nnonsense\n');
});

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
const resultOf = (line: number, url: string, ok = true, code = 'HTTP'): string =>
  `${JSON.stringify({ line, url, ok, attempts: 1, error: ok ? null : { code, message: '' } })}\n`;
const allResults = resultOf(3, 'nonsense', false) + resultOf(1, 'http://a/1') + resultOf(2, 'http://a/2');

function open(more: Partial<RunOptions> = {}): ReturnType<typeof openLists> {
  const hooks: RunHooks = {
    report: { ...silentReport, note: (line) => void notes.push(line) },
    signal: new AbortController().signal,
    log: silentLogger(),
  };
  return openLists({ ...runDefaults, input, out, ...more }, hooks);
}

async function openFresh(more: Partial<RunOptions> = {}): Promise<RunLists> {
  const opened = await open(more);
  if ('finished' in opened) throw new Error('it is finished');
  return opened;
}

/** What a killed run leaves: its lock is taken over, because this process gave it back. */
async function cutShort(lists: RunLists): Promise<void> {
  await lists.sink.close();
  await lists.state?.release();
}

const refusal = (opening: Promise<unknown>): Promise<string> =>
  opening.then(
    () => 'it was opened',
    (error: unknown) => (error instanceof UsageError ? error.message : `not a UsageError: ${String(error)}`),
  );

describe('a run that is cut short', () => {
  it('is taken up by the same command, with what it has done', async () => {
    const first = await openFresh();
    expect((await stat(`${out}.sluice`)).mode & 0o777).toBe(0o700);
    await first.sink.write(Buffer.from(resultOf(2, 'http://a/2') + resultOf(3, 'nonsense', false)));
    await cutShort(first);
    const second = await openFresh();
    expect(second.runId).toBe(first.runId);
    expect([1, 2, 3].map((line) => second.done.has(line))).toEqual([false, true, true]);
    expect(second.counts).toMatchObject({ fetched: 1, failed: 1 });
    await cutShort(second);
  });

  it('may change what does not change results', async () => {
    const first = await openFresh();
    await cutShort(first);
    const second = await openFresh({ capacity: 5, workers: 1, concurrency: 1, perHost: 1 });
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
    await cutShort(await openFresh());
    const message = await refusal(open(change));
    expect(message).toContain(difference);
    expect(message).toContain('go on with the list and the options of then');
    expect(message).toContain('--restart');
    expect(message).not.toContain('s3cret');
    await cutShort(await openFresh());
  });

  it('refuses another list', async () => {
    await cutShort(await openFresh());
    await writeFile(input, 'http://a/1\n');
    expect(await refusal(open())).toContain('the list of URLs: SHA-256');
  });

  it('refuses a state that belongs to another output', async () => {
    const stateDir = join(folder, 'state');
    await cutShort(await openFresh({ stateDir }));
    expect(await refusal(open({ stateDir, out: join(folder, 'other.ndjson') }))).toContain('the output: ');
  });

  it('starts anew with --restart', async () => {
    const first = await openFresh();
    await first.sink.write(Buffer.from(resultOf(2, 'http://a/2')));
    await cutShort(first);
    const second = await openFresh({ restart: true, timeoutMs: 5_000 });
    expect(second.runId).not.toBe(first.runId);
    expect(second.done.size).toBe(0);
    expect(await readFile(out, 'utf8')).toBe('');
    await cutShort(second);
  });

  it('is not taken up while it still runs', async () => {
    const first = await openFresh();
    expect(await refusal(open())).toContain(`another run (process ${process.pid}) is at work on it`);
    expect(await refusal(open({ restart: true }))).toContain('is at work on it');
    await cutShort(first);
  });

  it('is not taken up while it runs on another host, which shares the folder', async () => {
    await cutShort(await openFresh());
    const self = { pid: 7, startedAt: '1', space: 'another boot pid:[1]', host: 'web-1' };
    const taken = await FolderLease.take(`${out}.sluice`, { beatMs: 20 }, self);
    if (!('lease' in taken)) throw new Error('the lease was not free');
    expect(await refusal(open())).toContain('another run (process 7 on web-1) is at work on it');
    expect(notes).toEqual(['waiting to see whether the run of process 7 on web-1 is at work']);
    await taken.lease.end();
    await cutShort(await openFresh());
  });

  it('with a broken record only starts anew', async () => {
    await cutShort(await openFresh());
    await writeFile(join(`${out}.sluice`, 'run.json'), '{');
    expect(await refusal(open())).toContain('cannot be read');
    await cutShort(await openFresh({ restart: true }));
  });
});

describe('an output that is there', () => {
  it("is left alone when it is a stranger's", async () => {
    await writeFile(out, 'dear diary\n');
    expect(await refusal(open())).toContain('no unfinished run belongs to it');
    expect(await readFile(out, 'utf8')).toBe('dear diary\n');
    expect(await exists(`${out}.sluice`)).toBe(false);
  });

  it('is used when it is empty', async () => {
    await writeFile(out, '');
    const lists = await openFresh();
    expect(lists.done.size).toBe(0);
    await cutShort(lists);
  });

  it('is overwritten with --restart', async () => {
    await writeFile(out, 'dear diary\n');
    await cutShort(await openFresh({ restart: true }));
    expect(await readFile(out, 'utf8')).toBe('');
  });

  it('is finished when it has exactly the results of the list', async () => {
    await writeFile(out, allResults);
    expect(await open()).toMatchObject({ finished: { lines: 3, fetched: 2, failed: 1 } });
    expect(await exists(`${out}.sluice`)).toBe(false);
  });

  it('is finished in whatever order many results were written', async () => {
    const urls = Array.from({ length: 5_000 }, (_, index) => `http://a/${index + 1}`);
    await writeFile(input, `${urls.join('\n')}\n`);
    const results = urls.map((url, index) => resultOf(index + 1, url));
    await writeFile(out, results.toReversed().join(''));
    expect(await open()).toMatchObject({ finished: { lines: 5_000 } });
  });

  it.each([
    ['lacks one', resultOf(1, 'http://a/1') + resultOf(2, 'http://a/2')],
    ['has one twice', resultOf(1, 'http://a/1') + resultOf(1, 'http://a/1') + resultOf(2, 'http://a/2')],
    ['has another URL', allResults.replace('http://a/1', 'http://a/9')],
    ['ends with a torn line', `${allResults}{`],
  ])('is not finished when it %s', async (_, content) => {
    await writeFile(out, content);
    expect(await refusal(open())).toContain('no unfinished run belongs to it');
  });

  it.each<[string, () => Partial<RunOptions>, string]>([
    ['is the list itself', () => ({ out: input }), 'is the list of URLs'],
    ['is a folder', () => ({ out: folder }), 'is a folder'],
    ['has no folder', () => ({ out: join(folder, 'no', 'out') }), 'there is no folder'],
    ['has a state folder with files of another program', () => ({ stateDir: folder }), 'holds other things'],
    ['has a file for its state folder', () => ({ stateDir: input }), 'cannot be'],
  ])('is refused when it %s', async (_, change, message) => {
    expect(await refusal(open(change()))).toContain(message);
  });
});

describe('--retry-failed', () => {
  const someFailed =
    resultOf(3, 'nonsense', false, 'BAD_URL') + resultOf(1, 'http://a/1', false) + resultOf(2, 'http://a/2');
  const doneOf = ({ done }: RunLists): boolean[] => [1, 2, 3].map((line) => done.has(line));

  it('takes a finished run up with what is ok, and says how much it fetches again', async () => {
    await writeFile(out, someFailed);
    const lists = await openFresh({ retryFailed: true, timeoutMs: 60_000 });
    expect(doneOf(lists)).toEqual([false, true, true]);
    expect(lists.counts).toMatchObject({ fetched: 1, failed: 1 });
    expect(notes).toEqual(['fetching 1 line that failed again']);
    await cutShort(lists);
  });

  it('drops results once in a run that is cut short', async () => {
    await writeFile(out, someFailed);
    await cutShort(await openFresh({ retryFailed: true }));
    await appendFile(out, resultOf(1, 'http://a/1', false));
    for (const retryFailed of [true, false]) {
      const again = await openFresh({ retryFailed });
      expect(doneOf(again)).toEqual([true, true, true]);
      await cutShort(again);
    }
  });

  it('goes on dropping when it was killed before that was done', async () => {
    await writeFile(out, someFailed);
    const lists = await openFresh({ retryFailed: true });
    await cutShort(lists);
    const record = join(`${out}.sluice`, 'run.json');
    await writeFile(record, (await readFile(record, 'utf8')).replace('"dropped"', '"dropping"'));
    await writeFile(out, someFailed);
    const again = await openFresh();
    expect(again.runId).toBe(lists.runId);
    expect(doneOf(again)).toEqual([false, true, true]);
    await cutShort(again);
  });

  it('takes up a run that is not finished, in a queue that remembers nothing', async () => {
    const first = await openFresh();
    await first.sink.write(Buffer.from(resultOf(1, 'http://a/1', false)));
    await cutShort(first);
    const again = await openFresh({ retryFailed: true });
    expect(again.runId).not.toBe(first.runId);
    expect(doneOf(again)).toEqual([false, false, false]);
    await cutShort(again);
  });

  it('begins a run when there is none', async () => {
    const lists = await openFresh({ retryFailed: true });
    expect(doneOf(lists)).toEqual([false, false, false]);
    expect(notes).toEqual([]);
    await cutShort(lists);
  });

  it('has nothing to do when nothing failed that another try may change', async () => {
    await writeFile(
      out,
      resultOf(3, 'nonsense', false, 'BAD_URL') + resultOf(1, 'http://a/1') + resultOf(2, 'http://a/2'),
    );
    expect(await open({ retryFailed: true })).toMatchObject({ finished: { fetched: 2, failed: 1 } });
  });

  it('needs files, and leaves a stranger alone', async () => {
    expect(await refusal(open({ retryFailed: true, out: null }))).toContain('--retry-failed needs a file');
    await writeFile(out, 'dear diary\n');
    expect(await refusal(open({ retryFailed: true }))).toContain('no unfinished run belongs to it');
  });
});

describe('a list', () => {
  it.each<[string, () => Partial<RunOptions>, string]>([
    ['is not there', () => ({ input: join(folder, 'none') }), 'there is no file'],
    ['is a folder', () => ({ input: folder }), 'is a folder'],
  ])('is refused when it %s', async (_, change, message) => {
    expect(await refusal(open(change()))).toContain(message);
    expect(await exists(out)).toBe(false);
  });

  it('that changes while it is read is refused', async () => {
    const lists = await openFresh();
    await writeFile(input, 'http://a/1\nhttp://a/2\nnonsense!\n');
    const reading = (async () => {
      for await (const _ of lists.input.chunks());
    })();
    expect(await refusal(reading)).toContain('was changed while it was read');
    await cutShort(lists);
  });
});

describe('a run that cannot be resumed', () => {
  it('says so at the start, and leaves nothing', async () => {
    const lists = await openFresh({ out: null });
    expect(notes).toEqual(['this run cannot be resumed, because results go to a pipe; with -o FILE it could']);
    expect(lists.state).toBeNull();
    await openFresh({ input: '-' });
    expect(notes[1]).toContain('standard input can be read only once');
  });

  it('has no use for a state folder', async () => {
    expect(await refusal(open({ input: '-', stateDir: join(folder, 'state') }))).toContain('--state needs a file');
  });

  it('does not overwrite an output without --restart', async () => {
    await writeFile(out, allResults);
    expect(await refusal(open({ input: '-' }))).toContain('is there already');
    await mkdir(join(folder, 'more'));
    await (await openFresh({ input: '-', restart: true })).sink.close();
    expect(await readFile(out, 'utf8')).toBe('');
  });
});
