import { describe, expect, it } from 'vitest';
import { outOfMemory, threadDied } from './thread-died.ts';

const coded = (message: string, code: string): Error => Object.assign(new Error(message), { code });

describe('the error of an attempt whose thread is gone', () => {
  it.each([
    [new Error('worker exited with code: 7'), 'exit', 'the handler ended its thread with exit code 7'],
    [coded('heap', 'ERR_WORKER_OUT_OF_MEMORY'), 'memory', 'the thread was ended because it used too much memory'],
    [new TypeError('no such thing'), 'error', 'an error that nobody caught ended the thread: no such thing'],
    ['just a string', 'error', 'an error that nobody caught ended the thread: just a string'],
  ])('says of %o what happened', (cause, reason, message) => {
    expect(threadDied(cause)).toMatchObject({ code: 'SLUICE_JOB_THREAD_DIED', reason, message });
  });

  it('says how much memory it was', () => {
    expect(outOfMemory(600 * 2 ** 20).message).toContain('it held 600 MiB');
  });
});
