import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ThreadHandle } from '../job/handler/thread-handle.ts';
import { HandlerMonitor } from './handler-monitor.ts';
import { PoolEmitter } from './pool-events.ts';
import { PoolCounters } from './pool-counters.ts';

const about = { id: 'a', job: 'scripted', attempt: 1 };
let counters: PoolCounters;
let emitted: string[];
let events: PoolEmitter;

beforeEach(() => {
  vi.useFakeTimers();
  counters = new PoolCounters();
  emitted = [];
  events = new PoolEmitter();
  events.on('abandoned', ({ id }) => emitted.push(`abandoned ${id}`));
  events.on('terminated', ({ id }) => emitted.push(`terminated ${id}`));
});
afterEach(() => void vi.useRealTimers());

function inThread(gone: Promise<void>): ThreadHandle {
  return { handle: () => Promise.resolve(), terminate: () => gone, release: () => undefined };
}

function giveUp(thread: ThreadHandle | null): void {
  new HandlerMonitor(thread, about, { events, counters }).onAbandoned();
}

describe('a handler that is given up', () => {
  it('is abandoned on the main loop, where nothing can end it', () => {
    giveUp(null);
    expect([emitted, counters.counts.abandoned, counters.counts.terminated]).toEqual([['abandoned a'], 1, 0]);
  });

  it('goes with its thread, and is not abandoned', async () => {
    giveUp(inThread(Promise.resolve()));
    await vi.advanceTimersByTimeAsync(5_000);
    expect([emitted, counters.counts.abandoned, counters.counts.terminated]).toEqual([['terminated a'], 0, 1]);
  });

  it('counts as abandoned while its thread does not go', async () => {
    const gone = Promise.withResolvers<void>();
    giveUp(inThread(gone.promise));
    await vi.advanceTimersByTimeAsync(999);
    expect(counters.counts.abandoned).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(counters.counts.abandoned).toBe(1);
    gone.resolve();
    await vi.advanceTimersByTimeAsync(0);
    expect(counters.counts.abandoned).toBe(0);
  });
});
