import { EventEmitter } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PoolSetup } from '../../store/lease-store/lease-thread-setup.ts';
import type { ToLeaseThread } from '../shared/lease-thread-messages.ts';
import { LeaseThread, leaseThreadOf, type ThreadMember } from './lease-thread.ts';

/** A thread that does as the test says. */
class FakeWorker extends EventEmitter {
  readonly heard: ToLeaseThread[] = [];
  isTerminated = false;

  postMessage(message: ToLeaseThread): void {
    this.heard.push(message);
  }

  async terminate(): Promise<number> {
    this.isTerminated = true;
    this.emit('exit', 1);
    return 1;
  }

  kindsFor(pool: number): string[] {
    return this.heard.filter((heard) => heard.pool === pool).map(({ message }) => message.kind);
  }
}

function scene() {
  const workers: FakeWorker[] = [];
  const spawn = (): Worker => {
    const worker = new FakeWorker();
    workers.push(worker);
    return worker as unknown as Worker;
  };
  const thread = new LeaseThread({ spawn, onEnd: () => undefined });
  return { workers, spawn, thread };
}

function member(): ThreadMember & { received: string[] } {
  const received: string[] = [];
  return {
    received,
    setup: {} as PoolSetup,
    onMessage: ({ kind }) => received.push(kind),
    onRestart: () => received.push('restart'),
    onDeath: () => received.push('death'),
  };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a lease thread', () => {
  it('gives each pool the messages for it', () => {
    const { workers, thread } = scene();
    const [a, b] = [member(), member()];
    const [first, second] = [thread.join(a), thread.join(b)];
    workers[0]?.emit('message', { pool: second, message: { kind: 'ready' } });
    workers[0]?.emit('message', { pool: first, message: { kind: 'fine' } });
    expect([a.received, b.received]).toEqual([['fine'], ['ready']]);
  });

  it('is replaced after a pause, and the new one gets all pools', () => {
    const { workers, thread } = scene();
    const [a, b] = [member(), member()];
    const pools = [thread.join(a), thread.join(b)];
    workers[0]?.emit('exit', 1);
    expect(pools.map((pool) => thread.send(pool, { kind: 'pages', pages: [] }))).toEqual([false, false]);
    vi.advanceTimersToNextTimer();
    expect(pools.map((pool) => workers[1]?.kindsFor(pool))).toEqual([['open'], ['open']]);
    expect([a.received, b.received]).toEqual(Array(2).fill(['death', 'restart']));
  });

  it('is replaced at once for a pool that joins in that pause, and for the others', () => {
    const { workers, thread } = scene();
    const a = member();
    const first = thread.join(a);
    workers[0]?.emit('exit', 1);
    const second = thread.join(member());
    expect([first, second].map((pool) => workers[1]?.kindsFor(pool))).toEqual([['open'], ['open']]);
    expect(a.received).toEqual(['death', 'restart']);
    vi.runAllTimers();
    expect(workers).toHaveLength(2);
  });

  it('pauses longer each time that it dies before a pool is ready, up to five seconds', () => {
    const { workers, thread } = scene();
    thread.join(member());
    const pauses = Array.from({ length: 8 }, () => {
      const before = Date.now();
      workers.at(-1)?.emit('exit', 1);
      vi.advanceTimersToNextTimer();
      return Date.now() - before;
    });
    expect(pauses).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
  });

  it('ends when the last pool has left, and not before', async () => {
    const { workers, thread } = scene();
    const pools = [thread.join(member()), thread.join(member())];
    const [first = 0, second = 0] = pools;
    const leaving = thread.leave(first, { isReady: true });
    expect(workers[0]?.kindsFor(first)).toEqual(['open', 'close']);
    workers[0]?.emit('message', { pool: first, message: { kind: 'closed' } });
    await leaving;
    expect(workers[0]?.isTerminated).toBe(false);
    const last = thread.leave(second, { isReady: true });
    workers[0]?.emit('message', { pool: second, message: { kind: 'closed' } });
    await last;
    expect(workers[0]?.isTerminated).toBe(true);
    vi.runAllTimers();
    expect(workers).toHaveLength(1);
  });

  it('is not waited for longer than two seconds, nor when it is dead', async () => {
    const { workers, thread } = scene();
    const pools = [thread.join(member()), thread.join(member()), thread.join(member())];
    const [first = 0, second = 0, third = 0] = pools;
    const hung = thread.leave(first, { isReady: true });
    vi.advanceTimersByTime(2_000);
    await hung;
    const interrupted = thread.leave(second, { isReady: true });
    workers[0]?.emit('exit', 1);
    await interrupted;
    await thread.leave(third, { isReady: false });
    vi.runAllTimers();
    expect(workers).toHaveLength(1);
  });

  it('is one for each Redis, until it has ended', async () => {
    const { spawn } = scene();
    const thread = leaseThreadOf('here', spawn);
    expect(leaseThreadOf('here', spawn)).toBe(thread);
    expect(leaseThreadOf('there', spawn)).not.toBe(thread);
    await thread.leave(thread.join(member()), { isReady: false });
    expect(leaseThreadOf('here', spawn)).not.toBe(thread);
  });
});
