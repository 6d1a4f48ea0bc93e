import type { ConsoleQueue } from '@sluice/http/console';
import { describe, expect, it } from 'vitest';
import { signsOf, worstFirst } from './queue-signs.ts';

const stats: ConsoleQueue['stats'] = {
  depth: 0,
  capacity: 100,
  capacityFrom: null,
  over: 0,
  waiting: 0,
  prioritized: 0,
  delayed: 0,
  active: 0,
  waitingChildren: 0,
  unserved: 0,
  completed: 0,
  dead: 0,
  dropped: 0,
  waiters: { producers: 0, puts: 0 },
  pools: 1,
  sealed: false,
  paused: false,
  events: 'all',
  oldestMs: null,
  drainPerSecond: 0,
};
const queue = (change: Partial<typeof stats>, name = 'emails'): ConsoleQueue => ({
  queue: name,
  jobs: [],
  longestWaitMs: null,
  hour: null,
  workers: null,
  stats: { ...stats, ...change },
});
const words = (change: Partial<typeof stats>): string[] => signsOf(queue(change)).map(({ word }) => word);

describe('the signs of a queue', () => {
  it('are none when it is fine', () => {
    expect(words({})).toEqual([]);
    expect(words({ depth: 10, waiting: 10, oldestMs: 2_000 })).toEqual([]);
    expect(words({ pools: 0 })).toEqual([]);
  });

  it('name what stops it, before what is only unusual', () => {
    expect(words({ depth: 100, waiting: 100, sealed: true, waiters: { producers: 2, puts: 9 } })).toEqual([
      'producers wait',
      'full',
      'sealed',
    ]);
    expect(words({ depth: 95, waiting: 95, pools: 0, oldestMs: 61_000 })).toEqual(['no worker', 'nearly full', 'slow']);
    expect(words({ depth: 101, over: 1, paused: true })).toEqual(['over', 'paused']);
  });

  it('say that limits hold jobs back, and that workers are of two versions', () => {
    const workers = { slots: 5, versions: ['send@1, @2'], heldBack: 3, isLimited: true };
    expect(signsOf({ ...queue({}), workers }).map(({ word, why }) => [word, why])).toEqual([
      ['limited', 'limits hold 3 jobs back'],
      ['two versions', 'its workers differ: send@1, @2'],
    ]);
  });

  it('put the worst queue first', () => {
    const queues = [queue({}, 'b'), queue({}, 'a'), queue({ sealed: true }, 'c'), queue({ over: 1 }, 'd')];
    expect(worstFirst(queues)).toEqual(['d', 'c', 'a', 'b']);
  });
});
