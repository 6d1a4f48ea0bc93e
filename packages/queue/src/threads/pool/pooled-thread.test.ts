import { EventEmitter, once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../job/logging/logger.ts';
import type { Attempt } from '../../job/handler/attempt.ts';
import type { ThreadTask } from '../shared/thread-messages.ts';
import { outOfMemory, PooledThread, threadDied } from './pooled-thread.ts';
import { ThreadExit } from './task-thread.ts';

/** A pooled thread whose thread the test plays. */
async function openThread(): Promise<{ pooled: PooledThread; task: ThreadTask; thread: EventEmitter }> {
  const thread = Object.assign(new EventEmitter(), { threadId: 7 });
  thread.on('error', () => undefined); // as its owner does
  const given = Promise.withResolvers<ThreadTask>();
  const pooled = new PooledThread({
    task: { moduleUrl: 'file:///handler.ts', job: 'threaded', queue: { prefix: 'bull', name: 'q' } },
    payload: { version: 1, json: '{}' },
    memoryMaxBytes: 2 ** 30,
    occupy: (task) => {
      given.resolve(task);
      return new Promise(() => undefined);
    },
    findThread: () => thread as unknown as Worker,
    onEnding: () => undefined,
  });
  const task = await given.promise;
  task.port.postMessage({ type: 'ready', threadId: 7 });
  await pooled.ready;
  return { pooled, task, thread };
}

it('a pooled thread is gone with its thread, also when an error is the end of it', async () => {
  const { pooled, task, thread } = await openThread();
  const gone = pooled.terminate();
  thread.emit('error', new Error('out of memory'));
  thread.emit('exit', 1);
  await expect(gone).resolves.toBeUndefined();
  task.port.close();
});

it('one whose attempt cannot be handed over is released, so that its thread is free again', async () => {
  const { pooled, task } = await openThread();
  const attempt = { id: 'a', odd: Symbol('odd'), signal: new AbortController().signal, log: silentLogger() };
  await expect(pooled.handle(attempt as unknown as Attempt)).rejects.toThrow('could not be cloned');
  pooled.release();
  const [message] = await once(task.port, 'message');
  expect(message).toEqual({ type: 'release' });
  task.port.close();
});

const coded = (message: string, code: string): Error => Object.assign(new Error(message), { code });

describe('the error of an attempt whose thread is gone', () => {
  it.each([
    [new ThreadExit(7), 'exit', 'the handler ended its thread with exit code 7'],
    [coded('heap', 'ERR_WORKER_OUT_OF_MEMORY'), 'memory', 'the thread was ended because it used too much memory'],
    [new TypeError('no such thing'), 'error', 'an uncaught error ended the thread: no such thing'],
    ['just a string', 'error', 'an uncaught error ended the thread: just a string'],
  ])('says of %o what happened', (cause, reason, message) => {
    expect(threadDied(cause)).toMatchObject({ code: 'SLUICE_JOB_THREAD_DIED', reason, message });
  });

  it('says how much memory it was', () => {
    expect(outOfMemory(600 * 2 ** 20).message).toContain('it held 600 MiB');
  });
});
