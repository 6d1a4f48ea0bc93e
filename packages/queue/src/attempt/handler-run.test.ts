import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { JobInterruptedError } from '../job/errors/index.ts';
import { HandlerRun } from './handler-run.ts';

const never = (): Promise<never> => new Promise(() => undefined);
const listener = { onAbandoned: vi.fn(), onReturned: vi.fn(), onErrorAfterSettle: vi.fn() };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.clearAllMocks();
});

function run(): HandlerRun {
  return new HandlerRun({ timeoutMs: 1_000, graceMs: 200 }, listener);
}

describe('a run of a handler', () => {
  it('ends with what it returns or throws, at once or later', async () => {
    await expect(run().start(() => 5)).resolves.toEqual({ how: 'returned', value: 5, abortedBy: null });
    const error = new Error('at once');
    const thrower = (): never => {
      throw error;
    };
    await expect(run().start(thrower)).resolves.toEqual({ how: 'threw', error, abortedBy: null });
    await expect(run().start(() => Promise.reject(error))).resolves.toMatchObject({ how: 'threw', error });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('has its signal aborted at the deadline, not before', async () => {
    const slow = run();
    void slow.start(never);
    await vi.advanceTimersByTimeAsync(999);
    expect(slow.signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(slow.signal.reason).toMatchObject({ code: 'SLUICE_JOB_TIMEOUT', timeoutMs: 1_000 });
  });

  it('is abandoned at the end of its grace, and its later end changes nothing', async () => {
    const late = Promise.withResolvers<string>();
    const ended = run().start(() => late.promise);
    await vi.advanceTimersByTimeAsync(1_200);
    await expect(ended).resolves.toMatchObject({ how: 'abandoned', abortedBy: { code: 'SLUICE_JOB_TIMEOUT' } });
    expect(listener.onAbandoned).toHaveBeenCalledOnce();
    expect(listener.onReturned).not.toHaveBeenCalled();
    late.reject(new Error('too late'));
    await vi.advanceTimersByTimeAsync(0);
    expect(listener.onReturned).toHaveBeenCalledOnce();
  });

  it('may still return within its grace', async () => {
    const late = Promise.withResolvers<string>();
    const ended = run().start(() => late.promise);
    await vi.advanceTimersByTimeAsync(1_199);
    late.resolve('phew');
    await expect(ended).resolves.toMatchObject({ how: 'returned', value: 'phew' });
  });

  it('is interrupted by the first reason only, and only once is there a grace', async () => {
    const interrupted = run();
    const ended = interrupted.start(never);
    await vi.advanceTimersByTimeAsync(900);
    interrupted.interrupt(new JobInterruptedError('shutting down'));
    await vi.advanceTimersByTimeAsync(150);
    interrupted.interrupt(new Error('second'));
    await vi.advanceTimersByTimeAsync(50);
    await expect(ended).resolves.toMatchObject({ how: 'abandoned', abortedBy: { code: 'SLUICE_JOB_INTERRUPTED' } });
  });
});
