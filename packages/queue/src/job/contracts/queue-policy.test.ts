import { fetchUrl } from '@sluice/shared';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { DefinitionError } from '../errors/index.ts';
import { defineJob } from './job-contract.ts';
import { idWindowsOf } from './id-windows.ts';
import { defineQueue, type JobOf, type QueueDefinition, type QueueOptions } from './queue-policy.ts';

const other = defineJob({ name: 'other', payload: z.string(), result: z.void() });

function define(options: object): QueueDefinition {
  return defineQueue({ name: 'fetches', jobs: [fetchUrl], capacity: 10, ...options } as QueueOptions<
    [typeof fetchUrl]
  >);
}

describe('defineQueue', () => {
  it('fills in the defaults', () => {
    expect(define({})).toEqual({
      name: 'fetches',
      jobs: [fetchUrl],
      capacity: 10,
      revision: null,
      whenFull: 'wait',
      keep: {
        completed: { count: 10_000, ageMs: 3_600_000 },
        dead: { count: 1_000_000, ageMs: 14 * 24 * 3_600_000 },
      },
      limits: {},
      events: 'all',
      prefix: 'bull',
      schedules: {},
    });
  });

  it('lets a part of the retention be changed and keeps the rest', () => {
    expect(define({ keep: { completed: { count: 5 } } }).keep).toEqual({
      completed: { count: 5, ageMs: 3_600_000 },
      dead: { count: 1_000_000, ageMs: 1_209_600_000 },
    });
  });

  it('freezes the queue with all that is in it', () => {
    const queue = define({});
    const parts = [queue, queue.jobs, queue.keep, queue.keep.completed, queue.keep.dead];
    expect(parts.every((part) => Object.isFrozen(part))).toBe(true);
  });

  it('is not changed when the list of jobs is, later', () => {
    const jobs: (typeof fetchUrl | typeof other)[] = [fetchUrl];
    const queue = defineQueue({ name: 'fetches', jobs, capacity: 1 });
    jobs.push(other);
    expect(queue.jobs).toEqual([fetchUrl]);
  });

  it.each([
    ['capacity for one', { capacity: 1 }],
    ['the most capacity there is', { capacity: Number.MAX_SAFE_INTEGER }],
    ['no waiting', { whenFull: 'reject' }],
    ['dropping what would be taken next', { whenFull: 'drop-oldest' }],
    ['dropping what is least urgent', { whenFull: 'drop-lowest-priority' }],
    ['keeping nothing', { keep: { completed: { count: 0, ageMs: 1_000 }, dead: { count: 0, ageMs: 1_000 } } }],
    ['events of ends alone', { events: 'ended' }],
    ['no events', { events: 'none' }],
    ['ids that are free at once', { idempotencyMs: 0 }],
    ['ids that are known for a year', { idempotencyMs: 365 * 86_400_000 }],
    ['another prefix', { prefix: 'my.app' }],
    ['several jobs', { jobs: [fetchUrl, other] }],
  ])('takes %s', (_, options) => {
    expect(define(options)).toMatchObject(options);
  });

  it.each([
    ['an empty name', { name: '' }, 'name must be'],
    ['a colon in the name', { name: 'a:b' }, 'name must be'],
    ['a brace in the name', { name: '{a}' }, 'name must be'],
    ['a name of 101 letters', { name: 'a'.repeat(101) }, 'name must be'],
    ['a colon in the prefix', { prefix: 'a:b' }, 'prefix must be'],
    ['no capacity', { capacity: undefined }, 'capacity must be chosen'],
    ['a capacity of 0', { capacity: 0 }, 'capacity must be chosen'],
    ['half a job', { capacity: 1.5 }, 'capacity must be chosen'],
    ['an endless capacity', { capacity: Infinity }, 'capacity must be chosen'],
    ['no jobs', { jobs: [] }, 'jobs must name at least one'],
    ['a job twice', { jobs: [fetchUrl, fetchUrl] }, 'jobs must not name a contract twice'],
    ['an unknown policy', { whenFull: 'drop' }, 'whenFull must be'],
    ['an unknown choice of events', { events: 'some' }, 'events must be one of all, ended, none'],
    ['no events by a word of JavaScript', { events: false }, 'events must be'],
    ['a negative count', { keep: { completed: { count: -1 } } }, 'keep.completed.count must be'],
    ['a limit of BullMQ', { limit: 5 }, 'limit is no option here; did you mean limits?'],
    [
      'limits of no job of it',
      { limits: { jobs: { other: { running: 1 } } } },
      'limits.jobs names other, which is none of',
    ],
    [
      'limits that are none',
      { limits: { running: 0 } },
      'limits.running must be a whole number from 1 to 1,000,000, not 0',
    ],
    [
      'limits of a job that are none',
      { limits: { jobs: { 'http.fetch': { rate: 5 } } } },
      'limits.jobs must be limits by',
    ],
    ['an unknown option of keep', { keep: { completed: { age: 5 } } }, 'did you mean ageMs?'],
    ['a job that is no contract', { jobs: [{ name: 'a' }] }, 'jobs must name at least one contract'],
    ['a capacity that is text', { capacity: '5' }, 'capacity must be chosen'],
    ['a window of half a millisecond', { idempotencyMs: 0.5 }, 'idempotencyMs must be'],
    ['a negative window', { idempotencyMs: -1 }, 'idempotencyMs must be'],
    ['an endless window', { idempotencyMs: Infinity }, 'idempotencyMs must be'],
    ['an age under a second', { keep: { dead: { ageMs: 999 } } }, 'keep.dead.ageMs must be'],
  ])('refuses %s', (_, options, problem) => {
    expect(() => define(options)).toThrow(DefinitionError);
    expect(() => define(options)).toThrow(problem);
  });

  it('reports all problems at once, and which queue has them', () => {
    expect(() => define({ name: 'a b', capacity: 0, jobs: [], prefix: '' })).toThrow(
      /^queue a b: name.*; prefix.*; capacity.*; jobs.*$/,
    );
  });
});

describe('how long ids are known', () => {
  it('is as long as the queue keeps jobs, or its own time', () => {
    const keep = { completed: { ageMs: 5_000 }, dead: { ageMs: Number.MAX_SAFE_INTEGER } };
    expect(idWindowsOf(define({ keep }))).toEqual({ completedMs: 5_000, deadMs: 10 * 365 * 86_400_000 });
    expect(idWindowsOf(define({ keep, idempotencyMs: 7 }))).toEqual({ completedMs: 7, deadMs: 7 });
  });
});

describe('the types of a queue', () => {
  const queue = defineQueue({ name: 'mixed', jobs: [fetchUrl, other], capacity: 10 });

  it('know each of its jobs', () => {
    expectTypeOf<JobOf<typeof queue>>().toEqualTypeOf<typeof fetchUrl | typeof other>();
    expectTypeOf<JobOf<typeof queue>['name']>().toEqualTypeOf<'http.fetch' | 'other'>();
  });

  it('let any queue stand where one is asked for', () => {
    expectTypeOf(queue).toExtend<QueueDefinition>();
  });
});
