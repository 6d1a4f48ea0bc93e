import { describe, expect, it } from 'vitest';
import { type PoolLook, type WaitReason, waitReasons, type WaitSnapshot } from './wait-reasons.ts';

const pool: PoolLook = { isDraining: false, slots: 2, running: 0, contracts: [{ name: 'send', version: 2 }] };
const queue: WaitSnapshot['queue'] = {
  isSealed: false,
  isPaused: false,
  depth: 3,
  capacity: 5,
  waitingPuts: 0,
  producers: 0,
  active: 1,
  concurrency: null,
  rate: null,
  suspects: 0,
};
const waiting: WaitSnapshot = {
  nowMs: 1_000,
  state: 'waiting',
  idKnownUntilMs: null,
  queue,
  pools: [pool],
  job: 'send',
  version: 2,
  dueAtMs: null,
  isHeldBack: false,
  limits: null,
  pendingChildren: 0,
  isLocked: false,
  attempts: 0,
  failure: null,
  expiresAtMs: null,
  suspect: null,
  priority: 0,
  behind: { jobs: 0, isMore: false },
};
const limits = { running: null, rate: null, paused: false, active: null };
const unserved = { code: 'SLUICE_JOB_NOT_SERVED', message: 'no handler for send here' };

type Case = [what: string, look: Partial<WaitSnapshot>, reasons: WaitReason[]];

describe('a job that waits', () => {
  it.each<Case>([
    ['is next', {}, [{ reason: 'next' }]],
    ['is behind others', { behind: { jobs: 7, isMore: false } }, [{ reason: 'behind', jobs: 7, isMore: false }]],
    [
      'is further behind than was looked',
      { behind: { jobs: 10_000, isMore: true } },
      [{ reason: 'behind', jobs: 10_000, isMore: true }],
    ],
    [
      'has a priority',
      { priority: 4, behind: { jobs: 9, isMore: false } },
      [{ reason: 'priority', priority: 4, jobs: 9 }],
    ],
    ['is in a paused queue', { queue: { ...queue, isPaused: true } }, [{ reason: 'paused' }]],
    ['has no worker', { pools: [] }, [{ reason: 'no-worker' }]],
    ['has draining workers', { pools: [{ ...pool, isDraining: true }] }, [{ reason: 'draining', pools: 1 }]],
    ['has no worker with its contract', { job: 'other' }, [{ reason: 'no-contract', job: 'other' }]],
    ['is too new for all', { version: 3 }, [{ reason: 'version-too-new', job: 'send', version: 3, newest: 2 }]],
    [
      'is not too new for one that says nothing',
      { version: 3, pools: [{ ...pool, contracts: null }] },
      [{ reason: 'next' }],
    ],
    ['was given back', { failure: unserved }, [{ reason: 'not-served', ...unserved }]],
    ['failed before', { failure: { code: 'ERROR', message: 'x' }, attempts: 1 }, [{ reason: 'next' }]],
    ['finds no slot', { pools: [{ ...pool, running: 2 }] }, [{ reason: 'busy', slots: 2, running: 2 }]],
    ['finds a slot elsewhere', { pools: [{ ...pool, running: 2 }, pool] }, [{ reason: 'next' }]],
    [
      'finds no slot where it could run',
      {
        pools: [
          { ...pool, running: 2 },
          { ...pool, contracts: [] },
        ],
      },
      [{ reason: 'busy', slots: 2, running: 2 }],
    ],
    [
      'is limited by the jobs that run',
      { queue: { ...queue, concurrency: 1 } },
      [{ reason: 'limited', by: 'concurrency', running: 1, most: 1 }],
    ],
    [
      'is limited by the jobs that started',
      { queue: { ...queue, rate: { most: 3, perMs: 100, untilMs: 1_050 } } },
      [{ reason: 'limited', by: 'rate', most: 3, perMs: 100, until: 1_050 }],
    ],
    ['has a paused contract', { limits: { ...limits, paused: true } }, [{ reason: 'job-paused', job: 'send' }]],
    [
      'is limited by the jobs of its contract that run',
      { limits: { ...limits, running: 2, active: 2 } },
      [{ reason: 'limited', by: 'job-running', job: 'send', running: 2, most: 2 }],
    ],
    [
      'has limits that are not reached',
      { limits: { ...limits, running: 2, active: 1, rate: { jobs: 9, perMs: 50 } } },
      [{ reason: 'next' }],
    ],
    ['has expired', { expiresAtMs: 1_000 }, [{ reason: 'expired', at: 1_000 }]],
    ['will expire', { expiresAtMs: 1_001 }, [{ reason: 'next' }]],
    [
      'is a suspect',
      { suspect: { ahead: 3, groupSize: 2 }, behind: { jobs: 9, isMore: false } },
      [{ reason: 'suspect', ahead: 3, groupSize: 2, waitsFor: 'earlier-groups' }],
    ],
    ['is behind suspects', { queue: { ...queue, suspects: 4 } }, [{ reason: 'behind-suspects', suspects: 4 }]],
    [
      'is held by several things',
      { queue: { ...queue, isPaused: true }, pools: [], behind: { jobs: 2, isMore: false } },
      [{ reason: 'paused' }, { reason: 'no-worker' }, { reason: 'behind', jobs: 2, isMore: false }],
    ],
  ])('%s', (_what, look, reasons) => {
    expect(waitReasons({ ...waiting, ...look })).toEqual(reasons);
  });
});

describe('a job in another state', () => {
  it.each<Case>([
    ['delayed by its put', { dueAtMs: 2_000 }, [{ reason: 'delayed', until: 2_000, cause: 'put' }]],
    ['that backs off', { dueAtMs: 2_000, attempts: 1 }, [{ reason: 'delayed', until: 2_000, cause: 'retry' }]],
    [
      'held back by the rate of its contract',
      { isHeldBack: true, dueAtMs: 9e12, limits: { ...limits, rate: { jobs: 9, perMs: 50 } } },
      [{ reason: 'limited', by: 'job-rate', job: 'send', most: 9, perMs: 50 }],
    ],
    ['held back by a limit that is gone', { isHeldBack: true, dueAtMs: 9e12 }, [{ reason: 'next' }]],
    [
      'that no worker could run',
      { dueAtMs: 2_000, failure: unserved },
      [
        { reason: 'delayed', until: 2_000, cause: 'not-served' },
        { reason: 'not-served', ...unserved },
      ],
    ],
    [
      'that is due, and nobody is there',
      { dueAtMs: 900, pools: [] },
      [{ reason: 'delayed', until: 900, cause: 'put' }, { reason: 'no-worker' }],
    ],
  ])('delayed: %s', (_what, look, reasons) => {
    expect(waitReasons({ ...waiting, state: 'delayed', ...look })).toEqual(reasons);
  });

  it.each<Case>([
    ['a parent', { state: 'waiting-children', pendingChildren: 3 }, [{ reason: 'children', pending: 3 }]],
    ['one that runs', { state: 'active', isLocked: true }, []],
    ['one whose worker is gone', { state: 'active' }, [{ reason: 'lease-lost' }]],
    ['one that completed', { state: 'completed' }, []],
    ['one that is dead', { state: 'dead' }, []],
    ['one that is not kept', { state: 'unknown' }, [{ reason: 'unknown' }]],
    ['one that ended', { state: 'unknown', idKnownUntilMs: 9 }, [{ reason: 'ended', idKnownUntil: 9 }]],
    [
      'one that is not kept, in a sealed queue',
      { state: 'unknown', queue: { ...queue, isSealed: true } },
      [{ reason: 'unknown' }, { reason: 'sealed' }],
    ],
    [
      'one whose put may wait',
      { state: 'unknown', queue: { ...queue, depth: 5, waitingPuts: 9, producers: 2 } },
      [{ reason: 'unknown' }, { reason: 'full', depth: 5, capacity: 5, waitingPuts: 9, producers: 2 }],
    ],
  ])('%s', (_what, look, reasons) => {
    expect(waitReasons({ ...waiting, ...look })).toEqual(reasons);
  });
});
