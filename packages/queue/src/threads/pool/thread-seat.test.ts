import { EventEmitter, once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { silentLogger } from '../../job/logging/logger.ts';
import type { Attempt } from '../../job/handler/attempt.ts';
import type { SeatTask } from '../shared/thread-messages.ts';
import { ThreadSeat } from './thread-seat.ts';

/** A seat in a thread that the test plays. */
async function takeSeat(): Promise<{ seat: ThreadSeat; task: SeatTask; thread: EventEmitter }> {
  const thread = Object.assign(new EventEmitter(), { threadId: 7 });
  thread.on('error', () => undefined); // as Piscina does
  const given = Promise.withResolvers<SeatTask>();
  const seat = new ThreadSeat({
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
  await seat.ready;
  return { seat, task, thread };
}

it('a seat is gone with its thread, also when an error is the end of it', async () => {
  const { seat, task, thread } = await takeSeat();
  const gone = seat.terminate();
  thread.emit('error', new Error('out of memory'));
  thread.emit('exit', 1);
  await expect(gone).resolves.toBeUndefined();
  task.port.close();
});

it('a seat whose attempt cannot be handed over is left, so that its thread is free again', async () => {
  const { seat, task } = await takeSeat();
  const attempt = { id: 'a', odd: Symbol('odd'), signal: new AbortController().signal, log: silentLogger() };
  await expect(seat.handle(attempt as unknown as Attempt)).rejects.toThrow('could not be cloned');
  seat.leave();
  const [message] = await once(task.port, 'message');
  expect(message).toEqual({ type: 'leave' });
  task.port.close();
});
