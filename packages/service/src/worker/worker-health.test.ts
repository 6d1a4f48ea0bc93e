import type { PoolHealth } from '@sluice/queue';
import { expect, it } from 'vitest';
import { mergeHealth } from './worker-health.ts';

const fine = {
  state: 'running',
  live: true,
  ready: true,
  redis: 'up',
  leaseThread: 'up',
  sinceTurnMs: 5,
  leaseOverdueMs: 0,
  loopLagMs: 3,
  unserved: [],
  slots: 10,
  busy: 2,
  taken: 7,
  completed: 5,
} as Partial<PoolHealth> as PoolHealth;

it('is that of the one pool, and that pool’s by its name', () => {
  expect(mergeHealth({ emails: fine })).toEqual({ ...fine, queues: { emails: fine } });
});

it.each<[string, Partial<PoolHealth>, Partial<PoolHealth>]>([
  ['is not live when one pool is not', { live: false }, { live: false }],
  ['is not ready when one pool is not', { ready: false, redis: 'away' }, { live: true, ready: false, redis: 'away' }],
  ['starts while one pool does', { state: 'starting', ready: false }, { state: 'starting' }],
  ['adds counts up', { slots: 5, busy: 1, taken: 3, completed: 1 }, { slots: 15, busy: 3, taken: 10, completed: 6 }],
  ['has the longest times', { sinceTurnMs: 1, loopLagMs: 9 }, { sinceTurnMs: 5, leaseOverdueMs: 0, loopLagMs: 9 }],
])('%s', (_, other, together) => {
  const second = { ...fine, ...other };
  expect(mergeHealth({ emails: fine, fetches: second })).toMatchObject(together);
  expect(mergeHealth({ fetches: second, emails: fine })).toMatchObject({ ...together, queues: { fetches: second } });
});
