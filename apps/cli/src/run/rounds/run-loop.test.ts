import { RedisUnavailableError } from '@sluice/queue/contracts';
import { describe, expect, it } from 'vitest';
import { loopFor } from '../../testing/scripted-run-loop.ts';

describe('RunLoop', () => {
  it('gives every line one result, whatever became of it', async () => {
    const bench = loopFor(['http://a/', 'nonsense', 'http://b/'], (url) => (url === 'http://b/' ? 'dead' : 'fetched'));
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
    const bench = loopFor(['http://a/', 'http://b/', 'http://c/'], () => 'fetched', [2]);
    await bench.loop.run();
    expect(bench.producer.ids).toEqual(['line-1', 'line-3']);
  });

  it('puts a line again whose job is gone, and gives up on it at the third time', async () => {
    const bench = loopFor(['http://a/', 'http://b/'], (url, time) =>
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
    const bench = loopFor(['http://a/', 'http://b/'], (url, time) =>
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
    const bench = loopFor(['http://closed/', 'http://b/'], (url) => (url === 'http://b/' ? 'fetched' : 'refused'));
    expect(await bench.loop.run()).toBe('finished');
    expect(await bench.results()).toMatchObject([{ line: 2, ok: true }]);
    expect(bench.givenUp).toEqual([1]);
  });

  it('asks a host again that had refused an earlier run', async () => {
    const bench = loopFor(['http://closed/'], (_url, time) => (time === 1 ? 'refused before' : 'fetched'));
    expect(await bench.loop.run()).toBe('finished');
    expect(await bench.results()).toMatchObject([{ line: 1, ok: true }]);
    expect(bench.givenUp).toEqual([]);
  });

  it('puts a line again that failed, under a new id, as often as it may be tried', { timeout: 15_000 }, async () => {
    const bench = loopFor(['http://a/', 'http://b/', 'http://c/'], (url, time) => {
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
    const bench = loopFor(['http://a/'], (_url, time) => (time <= 2 ? 'failed before' : 'fetched'));
    expect(await bench.loop.run()).toBe('finished');
    expect(await bench.results()).toMatchObject([{ line: 1, ok: true, attempts: 3 }]);
    expect(bench.producer.ids).toEqual(['line-1', 'line-1.1-1', 'line-1.2-2']);
  });

  it('continues with a new connection when Redis was away', async () => {
    const bench = loopFor(['http://a/', 'http://b/'], (_, time) => (time === 1 ? 'redis away' : 'fetched'));
    expect(await bench.loop.run()).toBe('finished');
    expect((await bench.results()).map(({ line }) => line)).toEqual([1, 2]);
    expect(bench.producer.closed).toBeGreaterThanOrEqual(2);
  });

  it('gives up when Redis stays away', async () => {
    const bench = loopFor(['http://a/'], () => 'redis away');
    await expect(bench.loop.run()).rejects.toThrow(RedisUnavailableError);
    expect(bench.producer.closed).toBe(3);
  });

  it('puts again what was in a Redis that died', async () => {
    const bench = loopFor(['http://a/', 'http://b/'], (url, time) =>
      url === 'http://b/' && time === 1 ? 'hangs' : 'fetched',
    );
    const running = bench.loop.run();
    await expect.poll(() => bench.loop.unfinished).toBe(1);
    bench.killRedis();
    expect(await running).toBe('finished');
    expect((await bench.results()).map(({ line }) => line)).toEqual([1, 2]);
  });

  it('drains when its signal is aborted', async () => {
    const bench = loopFor(['http://a/', 'http://b/', 'http://c/'], (url) =>
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
    const bench = loopFor(['http://a/'], () => 'hangs');
    const running = bench.loop.run();
    await expect.poll(() => bench.loop.unfinished).toBe(1);
    bench.failWorkers(new Error('they all die'));
    await expect(running).rejects.toThrow('they all die');
  });
});
