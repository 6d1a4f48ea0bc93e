import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { BadLine, FetchLine } from '../input/fetch-line.ts';
import { HostLimiter } from './host-limiter.ts';
import type { InputLine } from '../input/input-lines.ts';
import { LineNumberSet } from '../input/line-number-set.ts';
import { LineScheduler } from './line-scheduler.ts';

const never = new AbortController().signal;

function sourceOf(
  groups: string[][] | AsyncIterable<InputLine[]>,
  {
    done = [] as number[],
    perHost = 100,
    maxHeld = 100,
    longestPauseMs = 1_000,
    onBad = async (): Promise<void> => undefined,
  } = {},
): { source: LineScheduler; bad: BadLine[]; givenUp: number[] } {
  const bad: BadLine[] = [];
  const givenUp: number[] = [];
  const set = new LineNumberSet();
  for (const line of done) set.add(line);
  const source = new LineScheduler({
    groups: Array.isArray(groups) ? numbered(groups) : groups,
    done: set,
    limiter: new HostLimiter({ perHost, maxHeld, longestPauseMs }),
    onGivenUp: async ({ line }) => void givenUp.push(line),
    onBad: async (line) => {
      bad.push(line);
      await onBad();
    },
  });
  return { source, bad, givenUp };
}

async function* numbered(groups: string[][]): AsyncGenerator<InputLine[]> {
  let line = 0;
  for (const group of groups) yield group.map((text) => ({ line: (line += 1), text, flaw: null }));
}

/** Time passes only as the test says: a busy machine cannot make a pause end early. */
function holdTime(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
  onTestFinished(() => void vi.useRealTimers());
}

async function takeAll(source: LineScheduler): Promise<number[]> {
  const taken: number[] = [];
  for (let line = await source.next(never); line; line = await source.next(never)) {
    taken.push(line.line);
    source.settled(line, 'well');
  }
  return taken;
}

async function take(source: LineScheduler, signal: AbortSignal = never): Promise<FetchLine> {
  const line = await source.next(signal);
  if (!line) throw new Error('there is no line');
  return line;
}

/** Whether a promise is still open after all that could settle it has had its turn. */
async function isOpen(promise: Promise<unknown>): Promise<boolean> {
  const open = Symbol('open');
  const turn = new Promise((resolve) => setImmediate(() => setImmediate(() => resolve(open))));
  return (await Promise.race([promise, turn])) === open;
}

describe('LineScheduler', () => {
  it('gives every line that has no result, and ends', async () => {
    const { source, bad } = sourceOf(
      [
        ['http://a/', 'nonsense'],
        ['http://b/', 'http://c/'],
      ],
      { done: [3] },
    );
    expect(await takeAll(source)).toEqual([1, 4]);
    expect(bad).toMatchObject([{ line: 2 }]);
    expect(source.hasMore).toBe(false);
  });

  it('holds lines of a busy host back while others go on', async () => {
    const { source } = sourceOf([['http://a/1', 'http://a/2', 'http://b/']], { perHost: 1 });
    const first = await take(source);
    expect((await take(source)).line).toBe(3);
    const second = source.next(never);
    expect(await isOpen(second)).toBe(true);
    source.settled(first, 'well');
    expect((await second)?.line).toBe(2);
  });

  it('gives a held back line while it waits for more input', async () => {
    const stalled = (async function* () {
      yield* numbered([['http://a/1', 'http://a/2']]);
      await new Promise(() => undefined);
    })();
    const { source } = sourceOf(stalled, { perHost: 1 });
    const first = await take(source);
    const second = source.next(never);
    expect(await isOpen(second)).toBe(true);
    source.settled(first, 'well');
    expect((await second)?.line).toBe(2);
  });

  it('stops reading when it holds as many back as it may', async () => {
    let read = 0;
    const endless = (async function* () {
      for (;;) yield [{ line: (read += 1), text: 'http://a/', flaw: null }];
    })();
    const { source } = sourceOf(endless, { perHost: 1, maxHeld: 5 });
    const first = await take(source);
    const second = source.next(never);
    expect(await isOpen(second)).toBe(true);
    expect(read).toBe(6);
    source.settled(first, 'well');
    await second;
  });

  it('gives lines again before new ones, without asking their host for more capacity', async () => {
    const { source } = sourceOf([['http://a/1', 'http://b/']], { perHost: 1 });
    const first = await take(source);
    source.again([first]);
    expect(await take(source)).toBe(first);
    expect((await take(source)).line).toBe(2);
  });

  it('takes back as many lines at once as a queue may hold', async () => {
    const { source } = sourceOf([['http://a/']], { perHost: 1 });
    const first = await take(source);
    source.again(Array.from({ length: 300_000 }, () => first));
    source.again([
      { ...first, line: 2 },
      { ...first, line: 3 },
    ]);
    let back = 0;
    while ((await source.next(never)) === first) back += 1;
    expect(back).toBe(300_000);
    expect((await take(source)).line).toBe(3);
    expect(source.hasMore).toBe(true); // the list has not been read to its end
  });

  it('keeps the line for the next caller when the one that waits for it leaves', async () => {
    const { source } = sourceOf([['http://a/1', 'http://a/2']], { perHost: 1 });
    const first = await take(source);
    const leaving = new AbortController();
    const left = source.next(leaving.signal);
    expect(await isOpen(left)).toBe(true);
    leaving.abort();
    source.settled(first, 'well');
    expect(await left).toBeNull();
    expect((await take(source)).line).toBe(2);
  });

  it('keeps the line that it came to when its caller had left', async () => {
    const written = Promise.withResolvers<void>();
    const { source, bad } = sourceOf([['nonsense', 'http://a/']], { onBad: () => written.promise });
    const leaving = new AbortController();
    const left = source.next(leaving.signal);
    await expect.poll(() => bad.length).toBe(1);
    leaving.abort();
    written.resolve();
    expect(await left).toBeNull();
    expect((await take(source)).line).toBe(2);
  });

  it('gives nothing once it is stopped', async () => {
    const { source } = sourceOf([['http://a/1', 'http://a/2']], { perHost: 1 });
    await take(source);
    const waiting = source.next(never);
    source.stop();
    expect(await waiting).toBeNull();
    expect(source.hasMore).toBe(false);
  });

  it('rejects with what reading rejects with', async () => {
    const broken = (async function* (): AsyncGenerator<InputLine[]> {
      yield* numbered([['http://a/']]);
      throw new Error('the disk is gone');
    })();
    const { source } = sourceOf(broken);
    await take(source);
    await expect(source.next(never)).rejects.toThrow('the disk is gone');
  });

  it('gives a refused line again when the pause of its host is over, and lines of other hosts meanwhile', async () => {
    holdTime();
    const { source } = sourceOf([['http://a/', 'http://b/', 'http://c/']]);
    const refused = await take(source);
    expect(await source.refused(refused, { host: refused.host, retryAfterMs: 50 })).toBe(true);
    expect((await take(source)).line).toBe(2);
    expect((await take(source)).line).toBe(3);
    const next = take(source);
    expect(await isOpen(next)).toBe(true);
    await vi.advanceTimersByTimeAsync(50);
    const again = await next;
    expect(again).toMatchObject({ line: 1, url: refused.url });
    source.settled(again, 'well');
    expect(await source.next(never)).toBeNull();
  });

  it('gives a failed line again when it is due, and another line of its host meanwhile', async () => {
    holdTime();
    const { source } = sourceOf([['http://a/1', 'http://a/2', 'http://a/3']], { perHost: 1 });
    const failed = await take(source);
    source.retry({ ...failed, attemptsBefore: 1 }, 50);
    const second = await take(source);
    expect(second.line).toBe(2);
    const third = source.next(never);
    expect(await isOpen(third)).toBe(true);
    source.settled(second, 'well');
    expect((await third)?.line).toBe(3);
    source.settled({ ...second, line: 3 }, 'well');
    expect(source.hasMore).toBe(true);
    const next = take(source);
    await vi.advanceTimersByTimeAsync(50);
    const again = await next;
    expect(again).toMatchObject({ line: 1, url: failed.url, attemptsBefore: 1 });
    source.settled(again, 'failed');
    expect(await source.next(never)).toBeNull();
    expect(source.hasMore).toBe(false);
  });

  it('stops reading when as many lines wait for their next attempt as it may hold back', async () => {
    let read = 0;
    const endless = (async function* () {
      for (;;) {
        read += 1;
        yield [{ line: read, text: `http://host-${read}/`, flaw: null }];
      }
    })();
    const { source } = sourceOf(endless, { maxHeld: 5 });
    for (let count = 0; count < 5; count += 1) source.retry(await take(source), 1_000_000);
    const next = source.next(never);
    expect(await isOpen(next)).toBe(true);
    expect(source.held).toBe(5);
    expect(read).toBe(5);
    source.stop();
    expect(await next).toBeNull();
  });

  it('gives up the lines that wait for their next attempt when their host asks for too long', async () => {
    const { source, givenUp } = sourceOf([['http://a/1', 'http://a/2', 'http://a/3', 'http://b/']]);
    const [first, second, third] = [await take(source), await take(source), await take(source)];
    source.retry(first, 1_000_000);
    await source.refused(second, { host: second.host, retryAfterMs: 2_000 });
    expect(givenUp.toSorted()).toEqual([1, 2]);
    // It was out at that time: its host is asked once more, and refuses it, too.
    source.retry(third, 1_000_000);
    expect((await take(source)).line).toBe(3);
    await source.refused(third, { host: third.host, retryAfterMs: 2_000 });
    expect(givenUp.toSorted()).toEqual([1, 2, 3]);
    expect((await take(source)).line).toBe(4);
  });

  it('gives up the lines of a host that asks for too long, and ends without them', async () => {
    const { source, givenUp } = sourceOf([['http://a/1', 'http://a/2', 'http://a/3', 'http://b/', 'http://a/5']], {
      perHost: 2,
    });
    const [first, second] = [await take(source), await take(source)];
    expect((await take(source)).line).toBe(4);
    await source.refused(first, { host: first.host, retryAfterMs: 2_000 });
    await source.refused(second, { host: second.host, retryAfterMs: 2_000 });
    expect(await source.next(never)).toBeNull();
    expect(givenUp.toSorted()).toEqual([1, 2, 3, 5]);
  });
});
