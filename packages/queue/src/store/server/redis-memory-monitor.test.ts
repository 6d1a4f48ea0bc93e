import { describe, expect, it } from 'vitest';
import { producerDefaults } from '../../job/defaults.ts';
import { RedisMemoryMonitor } from './redis-memory-monitor.ts';

const { memoryLookMs } = producerDefaults;
const MAX = 1_000;

function info(used: number, max = MAX, notCounted = 0): string {
  const rows = { used_memory: used, used_memory_peak: 10 ** 9, maxmemory: max, mem_not_counted_for_evict: notCounted };
  return ['# Memory', ...Object.entries(rows).map(([name, value]) => `${name}:${value}`), ''].join('\r\n');
}

function aWatch(readInfo: () => Promise<string>, watermark = 0.9) {
  const clock = { ms: 0 };
  const watch = new RedisMemoryMonitor({ watermark, readInfo, now: () => clock.ms });
  return { clock, watch };
}

describe('RedisMemoryMonitor', () => {
  it.each([
    ['at the watermark', info(900), false],
    ['above it', info(901), true],
    ['above it by what Redis does not count', info(950, MAX, 60), false],
    ['above any number when there is no limit', info(10 ** 9, 0), false],
    ['not to be understood', 'ERR', false],
  ])('says, when memory is %s', async (_, answer, expected) => {
    expect(await aWatch(async () => answer).watch.isTight()).toBe(expected);
  });

  it('looks once a second while it is asked, and not otherwise', async () => {
    let used = 950;
    let looks = 0;
    const { clock, watch } = aWatch(async () => {
      looks += 1;
      return info(used);
    });
    expect(await Promise.all([watch.isTight(), watch.isTight(), watch.isTight()])).toEqual([true, true, true]);
    used = 100;
    clock.ms = memoryLookMs - 1;
    expect(await watch.isTight()).toBe(true);
    expect(looks).toBe(1);
    clock.ms = memoryLookMs;
    expect(await watch.isTight()).toBe(false);
    expect(looks).toBe(2);
  });

  it('never looks when the watermark is 1', async () => {
    const { watch } = aWatch(() => expect.unreachable(), 1);
    expect(await watch.isTight()).toBe(false);
  });

  it('takes what it cannot find out for enough memory', async () => {
    const { watch } = aWatch(() => Promise.reject(new Error('NOPERM')));
    expect(await watch.isTight()).toBe(false);
  });

  it('does not hold up a put for long, and uses an answer that comes late', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const { watch } = aWatch(() => promise);
    expect(await watch.isTight()).toBe(false);
    resolve(info(950));
    await expect.poll(() => watch.isTight()).toBe(true);
  });
});
