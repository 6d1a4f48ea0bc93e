import type { AuditEntry, PoolDescription } from '@sluice/queue';
import { describe, expect, it } from 'vitest';
import { depthBack } from './depth-back.ts';
import { marksOf } from './marks.ts';

const about = (startedAt: number, version: number): { about: PoolDescription } => ({
  about: {
    name: 'a',
    kind: 'pool',
    host: 'h',
    pid: 1,
    version: '0.1.0',
    startedAt,
    state: 'running',
    slots: 1,
    contracts: [{ name: 'send', version }],
  },
});
const entry = (at: number, what: AuditEntry['what']): AuditEntry => ({
  at,
  what: { status: 200, queue: 'emails', ...what },
});
const sources = { queue: 'emails', pools: [], capacityFrom: null, audit: [] };

describe('the marks of a history', () => {
  it('are starts of workers, those of one deploy together', () => {
    const pools = [about(1_000_000, 1), about(1_000, 1), about(1_020_000, 2)];
    expect(marksOf({ ...sources, pools }, 0, 2_000_000)).toEqual([
      { at: 1_000, kind: 'start', text: '1 pool started: Sluice 0.1.0, send@1' },
      { at: 1_000_000, kind: 'start', text: '2 pools started: Sluice 0.1.0, send@1, send@2' },
    ]);
  });

  it('are seals and changes of the capacity of this queue that were made, in this time', () => {
    const audit = [
      entry(10, { method: 'POST', route: '/v1/queues/:queue/seal', client: 'ada' }),
      entry(20, { method: 'PUT', route: '/v1/queues/:queue/capacity', effect: { capacity: 5_000 } }),
      entry(30, { method: 'POST', route: '/v1/queues/:queue/seal', queue: 'faxes' }),
      entry(40, { method: 'POST', route: '/v1/queues/:queue/pause', status: 403 }),
      entry(99, { method: 'POST', route: '/v1/queues/:queue/pause' }),
    ];
    const capacityFrom = { source: 'set', revision: null, sinceMs: 21 } as const;
    expect(marksOf({ ...sources, audit, capacityFrom }, 0, 50).map(({ at, text }) => [at, text])).toEqual([
      [10, 'sealed by ada'],
      [20, 'capacity set: 5,000'],
    ]);
    expect(marksOf({ ...sources, capacityFrom }, 0, 50)).toHaveLength(1);
  });
});

describe('the depth in the past', () => {
  it('is counted back from now by puts and ends', () => {
    const points = [
      { put: 5, completed: 1, dead: 0 },
      { put: 2, completed: 6, dead: 1 },
      { put: 0, completed: 0, dead: 0 },
    ];
    expect(depthBack(points, 10)).toEqual([15, 10, 10]);
    expect(depthBack([{ put: 20, completed: 0, dead: 0 }, ...points], 3)).toEqual([4, 8, 3, 3]);
  });
});
