import { setImmediate } from 'node:timers/promises';
import type { Receipt } from '@sluice/queue';
import { QueueClosedError } from '@sluice/queue/contracts';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../cli-errors.ts';
import type { PayloadLine } from './payload-lines.ts';
import { type LineResult, type PutCounts, putLines } from './put-lines.ts';

const receipt = (id: string): Receipt => ({ id, job: 'j', status: 'created', depth: 1, capacity: 1, waitedMs: 0 });

interface Run {
  counts: PutCounts;
  results: LineResult[];
  /** How many lines were read. */
  read: number;
}

interface Script {
  lines: number;
  put?: (line: number, signal: AbortSignal) => Promise<Receipt>;
  stopsOnError?: boolean;
  interrupted?: AbortSignal;
}

async function run({ lines, put, stopsOnError = false, interrupted }: Script): Promise<Run> {
  const results: LineResult[] = [];
  let read = 0;
  async function* source(): AsyncGenerator<PayloadLine> {
    for (read = 1; read <= lines; read += 1) yield { line: read, text: '{}', flaw: null };
  }
  const counts = await putLines(source(), {
    put: ({ line }, signal) => (put ? put(line, signal) : Promise.resolve(receipt(`${line}`))),
    onResult: async (result) => void results.push(result),
    stopsOnError,
    interrupted: interrupted ?? new AbortController().signal,
  });
  return { counts, results, read };
}

describe('putLines', () => {
  it('puts all lines, and reports them in the order of the input', async () => {
    const { counts, results } = await run({ lines: 1_000 });
    expect(counts).toEqual({ put: 1_000, refused: 0, doneUpTo: 1_000, inBehind: [], ended: undefined });
    expect(results.map(({ line }) => line)).toEqual(Array.from({ length: 1_000 }, (_, n) => n + 1));
  });

  it('goes on behind a line that is wrong', async () => {
    const wrong = new UsageError('no JSON');
    const { counts, results } = await run({
      lines: 500,
      put: async (line) => {
        if (line === 7) throw wrong;
        return receipt(`${line}`);
      },
    });
    expect(counts).toMatchObject({ put: 499, refused: 1, doneUpTo: 500, ended: undefined });
    expect(results.filter(({ error }) => error !== undefined)).toEqual([{ line: 7, error: wrong }]);
  });

  it('stops at a line that is wrong when it was told to, so that it can be corrected', async () => {
    const { counts } = await run({
      lines: 100_000,
      stopsOnError: true,
      put: async (line) => {
        if (line === 300) throw new UsageError('no JSON');
        return receipt(`${line}`);
      },
    });
    expect(counts).toMatchObject({ refused: 1, doneUpTo: 299, ended: expect.any(UsageError) });
  });

  it('ends when the queue is sealed, and says which lines are in', async () => {
    const { counts, results, read } = await run({
      lines: 100_000,
      put: async (line, signal) => {
        if (line === 300) await setImmediate();
        if (line === 300) throw new QueueClosedError('q', 'it is sealed');
        if (line > 302) signal.throwIfAborted();
        return receipt(`${line}`);
      },
    });
    expect(counts).toMatchObject({ doneUpTo: 299, ended: expect.any(QueueClosedError) });
    expect(counts.inBehind).toContain(301);
    expect(counts.put).toBe(results.length);
    expect(read).toBeLessThan(1_000);
  });

  it('reads no further ahead than its window while the queue is full', async () => {
    const full = new AbortController();
    const running = run({
      lines: 100_000,
      interrupted: full.signal,
      put: (_, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
          void setImmediate().then(() => full.abort(new Error('stopped')));
        }),
    });
    const { counts, read } = await running;
    expect(counts).toMatchObject({ put: 0, doneUpTo: 0, ended: new Error('stopped') });
    expect(read).toBeLessThanOrEqual(201);
  });

  it('ends at once when it is interrupted while the input has nothing to give', async () => {
    const interrupted = new AbortController();
    const counts = putLines(
      (async function* (): AsyncGenerator<PayloadLine> {
        yield { line: 1, text: '1', flaw: null };
        await new Promise(() => undefined);
      })(),
      {
        put: async () => receipt('1'),
        onResult: async () => undefined,
        stopsOnError: false,
        interrupted: interrupted.signal,
      },
    );
    void setImmediate().then(() => interrupted.abort(new Error('stopped')));
    expect(await counts).toMatchObject({ put: 1, doneUpTo: 1 });
  });
});
