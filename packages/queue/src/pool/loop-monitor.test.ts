import { expect, it, vi } from 'vitest';
import { systemClock } from '../job/clock.ts';
import { LoopMonitor } from './loop-monitor.ts';

it('reports how long the loop was blocked, for ten seconds, and nothing once it is stopped', () => {
  vi.useFakeTimers();
  try {
    let atMs = 0;
    const emitted: number[] = [];
    const watch = new LoopMonitor({
      clock: { wallMs: () => atMs, redisMs: () => atMs, monotonicMs: () => atMs },
      onBlocked: (ms) => emitted.push(ms),
    });
    const pass = (ms: number): void => {
      for (let gone = 0; gone < ms; gone += 250) {
        atMs += 250;
        vi.advanceTimersByTime(250);
      }
    };
    watch.start();
    pass(1_000);
    expect([watch.lagMs, emitted]).toEqual([0, []]);
    atMs += 3_000;
    expect(watch.lagMs).toBe(2_750); // it should have turned a quarter of a second after the last time
    pass(250);
    expect([watch.lagMs, emitted]).toEqual([3_000, [3_000]]);
    pass(5_000);
    expect(watch.lagMs).toBe(3_000);
    pass(6_000);
    expect(watch.lagMs).toBe(0);
    watch.stop();
    atMs += 60_000;
    expect(watch.lagMs).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

it('knows up to when the sockets were read, and nothing between a block and the next read', async () => {
  const watch = new LoopMonitor({ clock: systemClock, onBlocked: () => undefined });
  watch.start();
  // Due just after the watch's own timer: after the block, both run in one turn of the loop, before it is at its sockets.
  const claimed = new Promise((resolve) => setTimeout(() => resolve(watch.readUpToMs), 260));
  const since = performance.now();
  while (performance.now() < since + 600);
  expect(await claimed).toBe(-Infinity);
  await vi.waitFor(() => expect(watch.readUpToMs).toBeGreaterThan(since + 590));
  watch.stop();
});
