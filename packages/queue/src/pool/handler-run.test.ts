import { JobInterruptedError } from '@sluice/shared';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HandlerRun } from './handler-run.ts';

const never = (): Promise<never> => new Promise(() => undefined);
const nobody = (): void => undefined;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function run(): HandlerRun {
  return new HandlerRun({ timeoutMs: 1_000, graceMs: 200 });
}

describe('a run of a handler', () => {
  it('ends with what it returns or throws, at once or later', async () => {
    await expect(run().start(() => 5, nobody)).resolves.toEqual({ how: 'returned', value: 5, abortedBy: null });
    const error = new Error('at once');
    const thrower = (): never => {
      throw error;
    };
    await expect(run().start(thrower, nobody)).resolves.toEqual({ how: 'threw', error, abortedBy: null });
    await expect(run().start(() => Promise.reject(error), nobody)).resolves.toMatchObject({ how: 'threw', error });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('has its signal aborted at the deadline, not before', async () => {
    const slow = run();
    void slow.start(never, nobody);
    await vi.advanceTimersByTimeAsync(999);
    expect(slow.signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(slow.signal.reason).toMatchObject({ code: 'SLUICE_JOB_TIMEOUT', timeoutMs: 1_000 });
  });

  it('is abandoned at the end of its grace, and its later end changes nothing', async () => {
    const late = Promise.withResolvers<string>();
    const back = vi.fn();
    const ended = run().start(() => late.promise, back);
    await vi.advanceTimersByTimeAsync(1_200);
    await expect(ended).resolves.toMatchObject({ how: 'abandoned', abortedBy: { code: 'SLUICE_JOB_TIMEOUT' } });
    expect(back).not.toHaveBeenCalled();
    late.reject(new Error('too late'));
    await vi.advanceTimersByTimeAsync(0);
    expect(back).toHaveBeenCalledOnce();
  });

  it('may still return within its grace', async () => {
    const late = Promise.withResolvers<string>();
    const ended = run().start(() => late.promise, nobody);
    await vi.advanceTimersByTimeAsync(1_199);
    late.resolve('phew');
    await expect(ended).resolves.toMatchObject({ how: 'returned', value: 'phew' });
  });

  it('is interrupted by the first reason only, and only once is there a grace', async () => {
    const interrupted = run();
    const ended = interrupted.start(never, nobody);
    await vi.advanceTimersByTimeAsync(900);
    interrupted.interrupt(new JobInterruptedError('shutting down'));
    await vi.advanceTimersByTimeAsync(150);
    interrupted.interrupt(new Error('second'));
    await vi.advanceTimersByTimeAsync(50);
    await expect(ended).resolves.toMatchObject({ how: 'abandoned', abortedBy: { code: 'SLUICE_JOB_INTERRUPTED' } });
  });
});
