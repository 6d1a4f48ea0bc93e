import type { RecordedFact } from '@sluice/testing/history';
import { describe, expect, it } from 'vitest';
import { at, calmFacts, delivery, job, put, putFacts, run } from './testing/calm-run.ts';
import { kindsOf } from './testing/kinds-of.ts';

const stalled = { how: 'stalled', atMs: 7_000, in: 2, value: '' } as const;
const other = { ...run, worker: 'worker2.1', run: 'worker2.1#1' };

/** The job was taken from worker1.1 by a sweep, and ended by worker2.1. */
const takenOver = {
  jobs: [
    job({
      deliveries: [
        delivery({ end: stalled }),
        delivery({
          token: 'other:1',
          worker: 'worker2.1',
          takenAtMs: 7_010,
          takenIn: 3,
          leaseEndsMs: 12_010,
          end: { how: 'completed', atMs: 7_050, in: 4, value: '{"run":"worker2.1#1"}' },
        }),
      ],
      end: { how: 'completed', atMs: 7_050, in: 4 },
    }),
  ],
};
const takenOverFacts: RecordedFact[] = [
  ...putFacts(),
  at(1_010, { type: 'delivered', ...run, timeoutMs: 8_000 }),
  at(7_020, { type: 'delivered', ...other, timeoutMs: 8_000 }),
  at(7_030, { type: 'reported', ...run, outcome: 'lease-lost' }),
  at(7_055, { type: 'reported', ...other, outcome: 'completed' }),
];

function withFault(kind: 'stop' | 'block' | 'cut', target: string, fromMs: number, toMs: number): RecordedFact[] {
  return [
    ...takenOverFacts,
    at(fromMs, { type: 'fault', phase: 'began', kind, target }),
    at(toMs, { type: 'fault', phase: 'ended', kind, target }),
  ].toSorted((a, b) => a.at - b.at);
}

describe('the checkers', () => {
  describe('of loss', () => {
    it('find a job that was acknowledged and is nowhere', () => {
      const facts: RecordedFact[] = [
        at(1, { type: 'put-sent', ...put, id: 'b' }),
        at(2, { type: 'put-answered', ...put, id: 'b', status: 'duplicate' }),
      ];
      expect(kindsOf({ facts: [...calmFacts(), ...facts] })).toEqual(['lost']);
    });

    it('find a job that was acknowledged as new more often than it was added', () => {
      expect(kindsOf({ facts: [...calmFacts(), ...putFacts()] })).toEqual(['lost']);
    });

    it('find a job that never ended', () => {
      const open = job({ deliveries: [], end: null });
      expect(kindsOf({ facts: putFacts(), jobs: [open] })).toContain('unfinished');
    });

    it('find a job that went though nobody cancelled it', () => {
      const removed = job({ deliveries: [], end: { how: 'removed', atMs: 1_001, in: 1 } });
      expect(kindsOf({ facts: putFacts(), jobs: [removed] })).toContain('removed-unasked');
    });

    it('find a cancelled job that ran all the same', () => {
      const cancel = [
        at(1, { type: 'cancel-sent', ...put }),
        at(2, { type: 'cancel-answered', ...put, answer: 'removed' }),
      ];
      expect(kindsOf({ facts: [...calmFacts(), ...cancel] })).toEqual(['cancelled-but-there']);
    });

    it('find a job that was added though every put of it was refused', () => {
      const other = { ...put, id: 'b' };
      const refused: RecordedFact[] = [
        at(1, { type: 'put-sent', ...other }),
        at(2, { type: 'put-refused', ...other, code: 'SLUICE_QUEUE_FULL' }),
      ];
      const b = job({ id: 'b', data: '{"tag":"b"}', deliveries: [] });
      expect(kindsOf({ facts: [...calmFacts(), ...refused], jobs: [job(), b] })).toEqual(['refused-but-there']);
    });

    it('find a job that nobody put', () => {
      const b = job({ id: 'b', data: '{"tag":"b"}', deliveries: [] });
      expect(kindsOf({ jobs: [job(), b] })).toEqual(['never-put']);
    });

    it('find an answer that no put should get', () => {
      const facts = [
        at(1, { type: 'put-sent', ...put }),
        at(2, { type: 'put-unknown', ...put, code: 'SLUICE_PUT_CONFLICT' }),
      ];
      expect(kindsOf({ facts: [...facts, ...calmFacts()] })).toEqual(['strange-answer']);
    });

    it('prove nothing without a put, a run or a put that waited', () => {
      const facts = [
        at(1, { type: 'put-sent', ...put }),
        at(2, { type: 'put-refused', ...put, code: 'SLUICE_QUEUE_FULL' }),
      ];
      const kinds = kindsOf({ facts, jobs: [], admissions: [], depths: [0] });
      expect(kinds).toEqual(Array.from({ length: 5 }, () => 'nothing-seen'));
    });
  });

  describe('of the fencing token', () => {
    it('find a job that was taken without a lease', () => {
      expect(kindsOf({ jobs: [job({ deliveries: [delivery({ token: null })] })] })).toEqual(['taken-without-lease']);
    });

    it('find two deliveries with one token', () => {
      const first = delivery({ end: { how: 'returned', atMs: 1_006, in: 1, value: '' } });
      expect(kindsOf({ jobs: [job({ deliveries: [first, delivery({ takenIn: 2 })] })] })).toEqual(['token-reused']);
    });

    it('find a job that was delivered while another pool held it', () => {
      const deliveries = [delivery({ end: null, token: 'pool:0' }), delivery()];
      expect(kindsOf({ jobs: [job({ deliveries })] })).toEqual(['taken-while-held']);
    });

    it('find an end that the run with the job did not cause', () => {
      const value = '{"run":"worker1.1#1"}';
      const deliveries =
        takenOver.jobs[0]?.deliveries.map((entry) =>
          entry.worker === 'worker2.1' && entry.end ? { ...entry, end: { ...entry.end, value } } : entry,
        ) ?? [];
      const facts = withFault('stop', 'worker1.1', 1_015, 7_020);
      expect(kindsOf({ jobs: [job({ ...takenOver.jobs[0], deliveries })], facts })).toEqual(['settled-by-stranger']);
    });

    it('find an end by a run of a worker that never had the job', () => {
      const end = { how: 'completed', atMs: 1_025, in: 2, value: '{"run":"worker2.1#1"}' } as const;
      const facts = [...calmFacts(), at(1_012, { type: 'delivered', ...other, timeoutMs: 2_000 })];
      expect(kindsOf({ jobs: [job({ deliveries: [delivery({ end })] })], facts })).toEqual(['settled-by-stranger']);
    });

    it('find a late end by an earlier run of the same worker', () => {
      const first = delivery({ end: { how: 'returned', atMs: 1_015, in: 1, value: '' } });
      const second = delivery({ token: 'pool:2', takenAtMs: 1_020, takenIn: 2 });
      expect(kindsOf({ jobs: [job({ deliveries: [first, second] })] })).toEqual(['settled-by-stranger']);
    });

    it('find a pool that reports an end which Redis does not have', () => {
      const facts = [...calmFacts(), at(1_031, { type: 'reported', ...run, run: 'worker1.1#2', outcome: 'dead' })];
      expect(kindsOf({ facts })).toEqual(['reported-unsettled']);
    });

    it('find a fencing token that does not grow, and one that no delivery had', () => {
      const fencedFacts = (fence: number): RecordedFact[] =>
        calmFacts().map((fact) => (fact.type === 'delivered' ? { ...fact, fence } : fact));
      const first = delivery({ token: 'pool:9', end: { how: 'returned', atMs: 1_006, in: 1, value: '' } });
      expect(kindsOf({ facts: fencedFacts(1) })).toEqual([]);
      expect(kindsOf({ facts: fencedFacts(7) })).toEqual(['fence-unknown']);
      expect(
        kindsOf({ facts: fencedFacts(1), jobs: [job({ deliveries: [first, delivery({ takenIn: 2 })] })] }),
      ).toEqual(['fence-not-growing']);
    });
  });

  describe('of recoveries', () => {
    it('find a job that was taken from a living worker', () => {
      expect(kindsOf({ ...takenOver, facts: takenOverFacts })).toEqual(['taken-from-living-worker']);
    });

    it('tolerate one whose worker was dead, or stopped or cut off long enough', () => {
      const dead = at(3_000, { type: 'killed', process: 'worker1.1' });
      expect(kindsOf({ ...takenOver, facts: [...takenOverFacts.filter(({ at: ms }) => ms !== 7_030), dead] })).toEqual(
        [],
      );
      expect(kindsOf({ ...takenOver, facts: withFault('stop', 'worker1.1', 1_015, 7_020) })).toEqual([]);
      expect(kindsOf({ ...takenOver, facts: withFault('cut', 'worker1.1', 2_000, 6_000) })).toEqual([]);
    });

    it('do not tolerate a short cut, a fault of another worker, or a death afterwards', () => {
      expect(kindsOf({ ...takenOver, facts: withFault('cut', 'worker1.1', 2_000, 2_100) })).toEqual([
        'taken-from-living-worker',
      ]);
      expect(kindsOf({ ...takenOver, facts: withFault('stop', 'worker2.1', 1_015, 7_000) })).toEqual([
        'taken-from-living-worker',
      ]);
      const dead = at(7_100, { type: 'killed', process: 'worker1.1' });
      expect(kindsOf({ ...takenOver, facts: [...takenOverFacts, dead] })).toEqual(['taken-from-living-worker']);
    });

    it('tolerate an outage of Redis and a blocked loop only with the option for it', () => {
      const away = { ...takenOver, facts: withFault('stop', 'redis', 1_015, 6_900) };
      const blocked = { ...takenOver, facts: withFault('block', 'worker1.1', 1_015, 6_900) };
      expect([kindsOf(away), kindsOf(blocked)]).toEqual([['taken-from-living-worker'], ['taken-from-living-worker']]);
      expect(kindsOf({ ...away, tolerate: new Set(['redis-away']) })).toEqual([]);
      expect(kindsOf({ ...blocked, tolerate: new Set(['blocked-loop']) })).toEqual([]);
    });

    it('tolerate a delivery that never reached its worker only after a fault of the connection', () => {
      const unheard = takenOverFacts.filter((fact) => !('run' in fact && fact.run === run.run));
      expect(kindsOf({ ...takenOver, facts: unheard })).toEqual(['taken-from-living-worker']);
      const cut = withFault('cut', 'worker1.1', 1_000, 1_100).filter(
        (fact) => !('run' in fact && fact.run === run.run),
      );
      expect(kindsOf({ ...takenOver, facts: cut })).toEqual([]);
    });
  });
});
