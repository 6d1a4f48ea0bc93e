import { RedisUnavailableError } from '@sluice/queue/contracts';
import { describe, expect, it } from 'vitest';
import type { ResultLine } from '../results/result-line.ts';
import type { FetchPayload, FetchProducer, MappedFetch } from './fetch-producer.ts';
import { HostLimiter } from '../hosts/host-limiter.ts';
import { LineJobIds } from './line-job-ids.ts';
import { LineNumberSet } from '../input/line-number-set.ts';
import { LineScheduler } from '../hosts/line-scheduler.ts';
import { RunLoop } from './run-loop.ts';
import { ResultCollector } from '../results/result-collector.ts';
import { ResultWriter } from '../results/result-writer.ts';
import { runDefaults } from '../run-options.ts';
import { RunCounts } from '../results/run-counts.ts';

type Ending =
  | 'fetched'
  | 'dead'
  | 'result-expired'
  | 'refused'
  | 'refused before'
  | 'failed'
  | 'failed before'
  | 'hangs'
  | 'redis away';
/** Longer than the loop waits for. */
const dayMs = 86_400_000;

/** A queue that ends each job as the test says, at once. */
class FakeProducer implements FetchProducer {
  readonly ids: string[] = [];
  closed = 0;
  readonly #ending: (url: string, time: number) => Ending;
  readonly #times = new Map<string, number>();

  constructor(ending: (url: string, time: number) => Ending) {
    this.#ending = ending;
  }

  async *map(
    payloads: AsyncIterable<FetchPayload>,
    { id, signal }: { id: (index: number) => string; signal: AbortSignal },
  ): AsyncGenerator<MappedFetch> {
    let index = 0;
    for await (const { url, attemptsBefore = 0 } of payloads) {
      this.ids.push(id(index));
      const time = (this.#times.get(url) ?? 0) + 1;
      this.#times.set(url, time);
      const ending = this.#ending(url, time);
      if (ending === 'redis away') throw new RedisUnavailableError('localhost');
      if (ending === 'hangs') await new Promise((_, reject) => signal.addEventListener('abort', reject));
      else {
        const status = ending.endsWith(' before') ? 'duplicate' : 'created';
        yield {
          index,
          receipt: { status, depth: index + 1, waitedMs: index },
          ...settled(ending, url, attemptsBefore),
        };
      }
      index += 1;
    }
  }

  async stats(): Promise<{ depth: number; active: number; waitingPuts: number }> {
    return { depth: 1_000, active: 0, waitingPuts: 0 };
  }

  async obliterate(): Promise<void> {
    // Nothing is stored.
  }

  async close(): Promise<void> {
    this.closed += 1;
  }
}

function settled(
  ending: Exclude<Ending, 'hangs' | 'redis away'>,
  url: string,
  attemptsBefore: number,
): DistributiveOmit<MappedFetch, 'index' | 'receipt'> {
  switch (ending) {
    case 'fetched': {
      const answer = { status: 200, finalUrl: url, ms: 1, bytes: 0, sha256: null, contentType: null };
      const result = { url, ok: true, ...answer, attempts: 1 + attemptsBefore, error: null };
      return { outcome: 'completed', attempts: 1, result };
    }
    case 'dead':
      return { outcome: 'dead', attempts: 3, error: { code: 'SLUICE_JOB_TIMEOUT', message: 'Timeout after 1 second' } };
    case 'refused':
    case 'refused before': {
      const answer = { status: 429, finalUrl: url, ms: 1, bytes: 0, sha256: null, contentType: null };
      const error = { code: 'HTTP', message: 'refused' } as const;
      const refusal = { host: new URL(url).host + ':80', retryAfterMs: url === 'http://closed/' ? dayMs : 1 };
      // Refused at its second attempt.
      const result = { url, ok: false, ...answer, attempts: 2 + attemptsBefore, refusal, error };
      return { outcome: 'completed', attempts: 2, result };
    }
    case 'failed':
    case 'failed before': {
      const answer = { status: 503, finalUrl: url, ms: 1, bytes: 0, sha256: null, contentType: null };
      const error = { code: 'HTTP', message: 'Status 503' } as const;
      const attempts = 1 + attemptsBefore;
      const mark = attempts < runDefaults.attempts ? { worthRetrying: true as const } : {};
      return { outcome: 'completed', attempts: 1, result: { url, ok: false, ...answer, attempts, ...mark, error } };
    }
    case 'result-expired':
      return { outcome: 'result-expired' };
    default:
      return ending satisfies never;
  }
}

type DistributiveOmit<T, K extends keyof T> = T extends unknown ? Omit<T, K> : never;

interface Bench {
  loop: RunLoop;
  counts: RunCounts;
  givenUp: number[];
  producer: FakeProducer;
  results: () => Promise<ResultLine[]>;
  stop: AbortController;
  killRedis: () => void;
  failWorkers: (error: Error) => void;
  drained: () => boolean;
}

function benchFor(urls: string[], ending: (url: string, time: number) => Ending, done: number[] = []): Bench {
  const written: string[] = [];
  const givenUp: number[] = [];
  const sink = {
    write: async (bytes: Buffer) => void written.push(String(bytes)),
    finish: async () => undefined,
    close: async () => undefined,
  };
  const writer = new ResultWriter(sink);
  const doneLines = new LineNumberSet();
  for (const line of done) doneLines.add(line);
  const counts = new RunCounts();
  const collector = new ResultCollector({ done: doneLines, counts, writer });
  const source = new LineScheduler({
    groups: (async function* () {
      yield urls.map((text, index) => ({ line: index + 1, text, flaw: null }));
    })(),
    done: doneLines,
    limiter: new HostLimiter({ perHost: 100 }),
    onBad: (line) => collector.putBad(line),
    onGivenUp: async (line) => void givenUp.push(line.line),
  });
  const producer = new FakeProducer(ending);
  const stop = new AbortController();
  const workers = Promise.withResolvers<never>();
  workers.promise.catch(() => undefined);
  let died = Promise.withResolvers<void>();
  let drained = false;
  const loop = new RunLoop({
    options: { ...runDefaults, input: 'urls.txt', timeoutMs: 1_000 },
    source,
    collector,
    counts,
    jobs: new LineJobIds(),
    redis: {
      url: 'redis://localhost',
      get died() {
        return died.promise;
      },
      available: async () => void (died = Promise.withResolvers()),
      stop: async () => undefined,
    },
    connect: async () => producer,
    failed: workers.promise,
    drainWorkers: async () => void (drained = true),
    signal: stop.signal,
    note: () => undefined,
  });
  const results = async (): Promise<ResultLine[]> => {
    await writer.finish();
    const lines = written.join('').split('\n').filter(Boolean);
    return lines.map((line) => JSON.parse(line) as ResultLine).sort((a, b) => a.line - b.line);
  };
  return {
    loop,
    counts,
    givenUp,
    producer,
    results,
    stop,
    killRedis: () => died.resolve(),
    failWorkers: workers.reject,
    drained: () => drained,
  };
}

describe('RunLoop', () => {
  it('gives every line one result, whatever became of it', async () => {
    const bench = benchFor(['http://a/', 'nonsense', 'http://b/'], (url) => (url === 'http://b/' ? 'dead' : 'fetched'));
    expect(await bench.loop.run()).toBe('finished');
    expect(await bench.results()).toMatchObject([
      { line: 1, ok: true },
      { line: 2, error: { code: 'BAD_URL' } },
      { line: 3, error: { code: 'TIMEOUT' }, attempts: 3 },
    ]);
    expect(bench.counts).toMatchObject({ fetched: 1, failed: 2, timedOut: 1, retried: 1, highestDepth: 2 });
    expect(bench.counts.waits).toEqual({ count: 1, totalMs: 1, longestMs: 1 });
  });

  it('puts a line under the same id in every run, and none that has its result', async () => {
    const bench = benchFor(['http://a/', 'http://b/', 'http://c/'], () => 'fetched', [2]);
    await bench.loop.run();
    expect(bench.producer.ids).toEqual(['line-1', 'line-3']);
  });

  it('puts a line again whose job is gone, and gives up on it at the third time', async () => {
    const bench = benchFor(['http://a/', 'http://b/'], (url, time) =>
      url === 'http://b/' || time === 1 ? 'result-expired' : 'fetched',
    );
    expect(await bench.loop.run()).toBe('finished');
    expect(await bench.results()).toMatchObject([
      { line: 1, ok: true },
      { line: 2, error: { code: 'RESET' } },
    ]);
    expect(bench.producer.ids.filter((id) => id.startsWith('line-2'))).toEqual(['line-2', 'line-2.1', 'line-2.2']);
  });

  it('puts a line again under a new id that its host refused, until it has its result', async () => {
    const bench = benchFor(['http://a/', 'http://b/'], (url, time) =>
      url === 'http://a/' && time <= 5 ? 'refused' : 'fetched',
    );
    expect(await bench.loop.run()).toBe('finished');
    // One attempt before each refusal; the refused ones are not spent.
    expect(await bench.results()).toMatchObject([
      { line: 1, ok: true, attempts: 6 },
      { line: 2, ok: true, attempts: 1 },
    ]);
    expect(bench.producer.ids.filter((id) => id.startsWith('line-1'))).toEqual(
      'line-1 line-1.1-1 line-1.2-2 line-1.3-3 line-1.4-4 line-1.5-5'.split(' '),
    );
  });

  it('leaves lines for the next run whose host asks for too long', async () => {
    const bench = benchFor(['http://closed/', 'http://b/'], (url) => (url === 'http://b/' ? 'fetched' : 'refused'));
    expect(await bench.loop.run()).toBe('finished');
    expect(await bench.results()).toMatchObject([{ line: 2, ok: true }]);
    expect(bench.givenUp).toEqual([1]);
  });

  it('asks a host again that had refused an earlier run', async () => {
    const bench = benchFor(['http://closed/'], (_url, time) => (time === 1 ? 'refused before' : 'fetched'));
    expect(await bench.loop.run()).toBe('finished');
    expect(await bench.results()).toMatchObject([{ line: 1, ok: true }]);
    expect(bench.givenUp).toEqual([]);
  });

  it('puts a line again that failed, under a new id, as often as it may be tried', { timeout: 15_000 }, async () => {
    const bench = benchFor(['http://a/', 'http://b/', 'http://c/'], (url, time) => {
      if (url === 'http://a/') return 'failed';
      return url === 'http://b/' && time === 1 ? 'failed' : 'fetched';
    });
    expect(await bench.loop.run()).toBe('finished');
    const results = await bench.results();
    expect(results).toMatchObject([
      { line: 1, ok: false, status: 503, attempts: 3 },
      { line: 2, ok: true, attempts: 2 },
      { line: 3, ok: true, attempts: 1 },
    ]);
    expect(results[0]).not.toHaveProperty('worthRetrying');
    expect(bench.producer.ids.filter((id) => id.startsWith('line-1'))).toEqual(['line-1', 'line-1.1-1', 'line-1.2-2']);
    expect(bench.counts).toMatchObject({ fetched: 2, failed: 1, retried: 2 });
  });

  it('asks at once for the next attempt of a line that had failed in an earlier run', async () => {
    const bench = benchFor(['http://a/'], (_url, time) => (time <= 2 ? 'failed before' : 'fetched'));
    expect(await bench.loop.run()).toBe('finished');
    expect(await bench.results()).toMatchObject([{ line: 1, ok: true, attempts: 3 }]);
    expect(bench.producer.ids).toEqual(['line-1', 'line-1.1-1', 'line-1.2-2']);
  });

  it('goes on with a new connection when Redis was away', async () => {
    const bench = benchFor(['http://a/', 'http://b/'], (_, time) => (time === 1 ? 'redis away' : 'fetched'));
    expect(await bench.loop.run()).toBe('finished');
    expect((await bench.results()).map(({ line }) => line)).toEqual([1, 2]);
    expect(bench.producer.closed).toBeGreaterThanOrEqual(2);
  });

  it('gives up when Redis stays away', async () => {
    const bench = benchFor(['http://a/'], () => 'redis away');
    await expect(bench.loop.run()).rejects.toThrow(RedisUnavailableError);
    expect(bench.producer.closed).toBe(3);
  });

  it('puts again what was in a Redis that died', async () => {
    const bench = benchFor(['http://a/', 'http://b/'], (url, time) =>
      url === 'http://b/' && time === 1 ? 'hangs' : 'fetched',
    );
    const running = bench.loop.run();
    await expect.poll(() => bench.loop.unfinished).toBe(1);
    bench.killRedis();
    expect(await running).toBe('finished');
    expect((await bench.results()).map(({ line }) => line)).toEqual([1, 2]);
  });

  it('drains when its signal is aborted', async () => {
    const bench = benchFor(['http://a/', 'http://b/', 'http://c/'], (url) =>
      url === 'http://b/' ? 'hangs' : 'fetched',
    );
    const running = bench.loop.run();
    await expect.poll(() => bench.loop.unfinished).toBe(1);
    bench.stop.abort();
    expect(await running).toBe('interrupted');
    expect(bench.drained()).toBe(true);
    expect(await bench.results()).toMatchObject([{ line: 1 }]);
  });

  it('fails when no worker can be kept alive', async () => {
    const bench = benchFor(['http://a/'], () => 'hangs');
    const running = bench.loop.run();
    await expect.poll(() => bench.loop.unfinished).toBe(1);
    bench.failWorkers(new Error('they all die'));
    await expect(running).rejects.toThrow('they all die');
  });
});
