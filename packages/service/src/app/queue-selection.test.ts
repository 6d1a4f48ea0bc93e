import { defineJob, defineQueue } from '@sluice/queue/contracts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { chooseQueues, parseQueueSelection } from './queue-selection.ts';

describe('parseQueueSelection', () => {
  it('reads names with and without a concurrency', () => {
    const value = [{ name: 'emails' }, { name: 'fetches', concurrency: 5 }, { name: 'a.b_c-d', concurrency: 1_000 }];
    expect(parseQueueSelection(' emails, fetches = 5 ,a.b_c-d=1000')).toEqual({ value });
  });

  it.each([
    ['emails,emails=2', 'must name each queue once; emails is there again in entry 2 ("emails=2")'],
    ['a,fetches=0', 'must have a whole number from 1 to 1,000 behind =; it has none in entry 2 ("fetches=0")'],
    ['fetches=x', 'behind =; it has none in entry 1 ("fetches=x")'],
    ['fetches=', 'behind =; it has none in entry 1 ("fetches=")'],
    ['fetches=1=2', 'behind =; it has none in entry 1 ("fetches=1=2")'],
    ['fetches=1001', 'behind =; it has none in entry 1'],
    ['fetches=1.5', 'behind =; it has none in entry 1'],
    ['a,,b', 'must have a queue between all commas; entry 2 is empty'],
    ['a,', 'must have a queue between all commas; entry 2 is empty'],
    ['=5', 'the name in entry 1 ("=5") must be 1 to 100 of'],
    ['a b', 'the name in entry 1 ("a b") must be 1 to 100 of'],
    ['a;b', 'the name in entry 1 ("a;b") must be 1 to 100 of'],
  ])('says where %j is wrong', (text, problem) => {
    expect(parseQueueSelection(text)).toEqual({ problem: expect.stringContaining(problem) });
  });
});

describe('chooseQueues', () => {
  const job = defineJob({ name: 'job', payload: z.void(), result: z.void() });
  const queues = ['emails', 'fetches'].map((name) => defineQueue({ name, jobs: [job], capacity: 1 }));
  const [emails, fetches] = queues;

  it('takes all queues when none are named, else those named', () => {
    expect(chooseQueues({ queues }, undefined, 'SLUICE_QUEUES').map(({ queue }) => queue)).toEqual([emails, fetches]);
    const choices = [{ name: 'fetches', concurrency: 5 }, { name: 'emails' }];
    expect(chooseQueues({ queues }, choices, 'SLUICE_QUEUES')).toEqual([
      { queue: fetches, concurrency: 5 },
      { queue: emails, concurrency: undefined },
    ]);
  });

  it('reports every queue that is not there, with what was meant', () => {
    const choose = () => chooseQueues({ queues }, [{ name: 'emials' }, { name: 'x' }], '--queues');
    expect(choose).toThrow('--queues: the app has no queue emials; did you mean emails? It has emails, fetches');
    expect(choose).toThrow('--queues: the app has no queue x. It has emails, fetches');
  });
});
