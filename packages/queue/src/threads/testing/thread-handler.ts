import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { isMainThread, threadId } from 'node:worker_threads';
import type { z } from 'zod';
import { PermanentJobError, RetryLaterError } from '../../job/errors/index.ts';
import type { Attempt } from '../../job/handler/attempt.ts';
import { defineHandler } from '../thread/define-handler.ts';
import type { Handler } from '../../job/handler/handler.ts';
import { isServing } from '../../job/served-queue.ts';
import { type ThreadContract, threadJob } from './thread-job.ts';

type ThreadAttempt = Attempt<ThreadContract>;
type Said = z.core.util.JSONType;
type QueueName = Extract<ThreadAttempt['payload'], { do: 'tell' }>['from'];

const handler: Handler<ThreadContract> = defineHandler(threadJob, async (attempt) => {
  const said = await act(attempt);
  return { said, threadId };
});
export default handler;

async function act(attempt: ThreadAttempt): Promise<Said> {
  const { payload, signal, log } = attempt;
  switch (payload.do) {
    case 'tell':
      return tell(attempt, payload.at, payload.from);
    case 'hang':
      await once(signal, 'abort');
      return describe(signal.reason);
    case 'spinUntilAborted':
      return spinUntilAborted(signal, payload.how);
    case 'spin':
      for (;;);
    case 'neverSettle':
      return new Promise(() => undefined);
    case 'stayNative':
      closeSync(openSync(payload.pipe, 'r'));
      return 'back';
    case 'allocate':
      return allocate(payload.what);
    case 'exit':
      return process.exit(payload.code);
    case 'uncaught':
      setImmediate(() => {
        throw new Error('where nobody catches');
      });
      return new Promise(() => undefined);
    case 'rejectAfterwards':
      setImmediate(() => void Promise.reject(new Error('far too late')));
      return 'returned';
    case 'throw':
      return throwIt(payload.what);
    case 'return':
      return results[payload.what]() as Said;
    case 'progress':
      await attempt.progress(payload.value);
      return 'told';
    case 'progressTooLarge':
      return attempt.progress('x'.repeat(5_000)).then(() => 'taken', describe);
    case 'progressWithoutEnd': {
      const calls = Array.from({ length: 1_001 }, (_, index) => attempt.progress(index));
      const refused = (await Promise.allSettled(calls)).filter(({ status }) => status === 'rejected');
      return refused.length;
    }
    case 'log':
      for (let line = 1; line <= payload.lines; line += 1) {
        log.child({ line }).info({ of: payload.lines }, 'counting');
        if (line % payload.waitEvery === 0) await attempt.progress(line);
      }
      log.error(new Error('for the log'));
      return 'logged';
    default:
      return payload satisfies never;
  }
}

function tell({ id, attempt, maxAttempts, deadlineAtMs, signal, log }: ThreadAttempt, at: URL, from: QueueName): Said {
  return {
    id,
    attempt,
    maxAttempts,
    leftMs: Math.round((deadlineAtMs - Date.now()) / 1_000) * 1_000,
    signal: [signal instanceof AbortSignal, signal.aborted, String(signal.reason)],
    level: log.level,
    host: at instanceof URL ? at.host : 'no URL',
    isMainThread,
    isServing: isServing(from),
  };
}

function spinUntilAborted(signal: AbortSignal, how: 'aborted' | 'throwIfAborted'): Said {
  let heard = '';
  signal.addEventListener('abort', () => (heard = 'heard '));
  try {
    while (how === 'throwIfAborted' || !signal.aborted) signal.throwIfAborted();
    return heard + describe(signal.reason);
  } catch (error) {
    return heard + describe(error);
  }
}

function allocate(what: 'objects' | 'map' | 'string' | 'buffers'): never {
  const kept: unknown[] = [];
  const map = new Map<number, number>();
  let text = 'x';
  for (let count = 0; ; count += 1) {
    if (what === 'objects') kept.push({ count });
    if (what === 'map') map.set(count, count);
    if (what === 'string') text += text.slice(0, 10_000_000) + text.charCodeAt(count % text.length);
    if (what === 'buffers') kept.push(Buffer.alloc(1_000_000, 1));
  }
}

function throwIt(what: string): never {
  const error = new Error('told to');
  if (what === 'string') throw 'just a string';
  if (what === 'undefined') throw undefined;
  if (what === 'function') throw () => 'a function';
  if (what === 'hostile') throw new Proxy(error, { get: () => throwIt('string') });
  if (what === 'withFunction') throw Object.assign(error, { retry: () => undefined });
  if (what === 'coded') throw Object.assign(error, { code: 'ECONNRESET', cause: new Error('the wire') });
  if (what === 'permanent') throw new PermanentJobError('hopeless');
  throw new RetryLaterError({ delayMs: 60_000 });
}

const results: Record<'function' | 'cyclic' | 'wrong' | 'tooLarge' | 'date', () => unknown> = {
  function: () => () => 'a function',
  cyclic: () => {
    const cycle: Record<string, unknown> = {};
    return Object.assign(cycle, { cycle });
  },
  wrong: () => undefined,
  tooLarge: () => 'x'.repeat(300_000),
  date: () => new Date(0),
};

function describe(error: unknown): string {
  return error instanceof Error ? `${error.constructor.name}: ${error.message}` : String(error);
}
