import { EventEmitter, once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { silentLogger } from '../../job/logging/logger.ts';
import type { Attempt } from '../../job/handler/attempt.ts';
import type { ThreadTask } from '../shared/thread-messages.ts';
import { PooledThread } from './pooled-thread.ts';

/** A pooled thread whose thread the test plays. */
async function openThread(): Promise<{ pooled: PooledThread; task: ThreadTask; thread: EventEmitter }> {
  const thread = Object.assign(new EventEmitter(), { threadId: 7 });
  thread.on('error', () => undefined); // as Piscina does
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
