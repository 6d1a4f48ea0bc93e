import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { DefinitionError } from '../errors/index.ts';
import { defineJob } from '../contracts/job-contract.ts';
import { defineQueue, type QueueDefinition } from '../contracts/queue-policy.ts';
import { createWorkerPool } from '../../pool/create-worker-pool.ts';
import type { WorkerPoolOptions } from '../../pool/worker-pool.ts';
import { defineHandler } from '../../threads/thread/define-handler.ts';
import { bindHandlers } from './handler-registry.ts';
import { inThread } from './in-thread.ts';

const shout = defineJob({
  name: 'shout',
  payload: z.object({ text: z.string().default('hey') }),
  result: z.object({ loud: z.string() }),
});
const count = defineJob({ name: 'count', payload: z.object({ text: z.string() }), result: z.int() });
const queue = defineQueue({ name: 'words', jobs: [shout, count], capacity: 10 });

const shouter = defineHandler(shout, async ({ payload }) => ({ loud: payload.text.toUpperCase() }));
const counter = defineHandler(count, async ({ payload }) => payload.text.length);

describe('a handler', () => {
  it('has the types of its contract without annotations', () => {
    defineHandler(shout, (attempt) => {
      expectTypeOf(attempt.payload).toEqualTypeOf<{ text: string }>();
      expectTypeOf(attempt.signal).toEqualTypeOf<AbortSignal>();
      return { loud: attempt.payload.text };
    });
    // @ts-expect-error the result is an object with `loud`
    expect(defineHandler(shout, async () => 'HEY').contract).toBe(shout);
  });
});

describe('defineHandler', () => {
  it('refuses what is no contract or no function, for callers whose compiler did not look', () => {
    // @ts-expect-error no contract
    expect(() => defineHandler({ name: 'shout' }, async () => ({ loud: 'HEY' }))).toThrow(DefinitionError);
    // @ts-expect-error no function
    expect(() => defineHandler(shout, { loud: 'HEY' })).toThrow('handler of shout: it must be a function');
    // @ts-expect-error no contract
    expect(() => inThread('count', import.meta.url)).toThrow('must be a contract made by defineJob');
  });
});

describe('a registry of handlers', () => {
  it('does not compile when one is missing or misplaced, and is refused at run time too', () => {
    // @ts-expect-error no handler for count
    expect(() => bindHandlers(queue, { shout: shouter })).toThrow('no handler for count');
    // @ts-expect-error the handler of count is one for shout
    expect(() => bindHandlers(queue, { shout: shouter, count: shouter })).toThrow(
      'the handler under count is one for shout',
    );
    // @ts-expect-error the queue has no job sing
    expect(() => bindHandlers(queue, { shout: shouter, count: counter, sing: counter })).toThrow(
      'the queue has no job sing',
    );
  });

  it('is refused with a bare function, or anything else that names no contract', () => {
    // @ts-expect-error a function has no contract
    expect(() => bindHandlers(queue, { shout: shouter, count: async () => 1 })).toThrow(
      'the handler under count must be made by defineHandler, defineBatchHandler or inThread',
    );
    // @ts-expect-error neither has this
    expect(() => bindHandlers(queue, { shout: null, count: { contract: count } })).toThrow(
      'the handler under shout must be made by defineHandler, defineBatchHandler or inThread; the handler under count must be made by',
    );
  });

  it('is bound when complete', () => {
    expect([...bindHandlers(queue, { shout: shouter, count: counter }).keys()]).toEqual(['shout', 'count']);
  });
});

describe('a registry for a queue whose job types got lost', () => {
  it('takes any handlers, and is checked at run time', () => {
    const untyped: QueueDefinition = queue;
    expect([...bindHandlers(untyped, { shout: shouter, count: counter }).keys()]).toEqual(['shout', 'count']);
    expect(() => bindHandlers(untyped, { shout: shouter })).toThrow('no handler for count');
  });
});

describe('a registry with handlers in threads', () => {
  const module = new URL('./counter.ts', import.meta.url);

  it('takes them together with plain ones, under their own name only', () => {
    const bound = bindHandlers(queue, { shout: shouter, count: inThread(count, module) });
    expect(bound.get('count')).toMatchObject({ contract: count, moduleUrl: module.href });
    // @ts-expect-error the thread under count is one for shout
    expect(() => bindHandlers(queue, { shout: shouter, count: inThread(shout, module) })).toThrow(
      'the handler under count is one for shout',
    );
  });

  it.each<[string, Parameters<typeof inThread>[2], string]>([
    ['./counter.ts', {}, 'the module must be given as a file: URL'],
    ['https://a.test/counter.js', {}, 'the module must be given as a file: URL'],
    [module.href, { threads: 0 }, 'threads must be a whole number from 1 to 1,000, not 0'],
    [module.href, { memoryMaxBytes: 1_000 }, 'memoryMaxBytes must be a whole number from 33,554,432, not 1000'],
    [module.href, { startMs: 0 }, 'startMs must be a whole number from 1 to 600,000, not 0'],
    [module.href, { idleMs: -1 }, 'idleMs must be a whole number from 0 to 86,400,000, not -1'],
  ])('refuses %s with %o', (url, options, problem) => {
    expect(() => inThread(count, url, options)).toThrow(problem);
  });
});

describe('createWorkerPool', () => {
  it.each<[Partial<WorkerPoolOptions>, string]>([
    [{ concurrency: 0 }, 'concurrency must be a whole number from 1 to 10,000, not 0'],
    [{ concurrency: 1.5 }, 'concurrency must be a whole number from 1 to 10,000, not 1.5'],
    [{ concurrency: 1, drainMs: -1 }, 'drainMs'],
    [{ concurrency: 1, timings: { leaseMs: 100 } }, 'leaseMs must be at least twice'],
  ])('refuses %o before it connects', (options, message) => {
    const handlers = { shout: shouter, count: counter };
    expect(() =>
      createWorkerPool(queue, handlers, { redis: 'redis://127.0.0.1:1', concurrency: 1, ...options }),
    ).toThrow(message);
  });
});
