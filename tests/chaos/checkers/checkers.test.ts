import type { RecordedFact } from '@sluice/testing/history';
import { describe, expect, it } from 'vitest';
import { admission, at, calmFacts, delivery, job, put } from './testing/calm-run.ts';
import { kindsOf } from './testing/kinds-of.ts';

describe('the checkers', () => {
  it('have nothing against a run in which nothing is wrong', () => {
    expect(kindsOf({})).toEqual([]);
  });

  describe('of the bound', () => {
    it('find a transaction that left too many', () => {
      expect(kindsOf({ depths: [1, 3, 0, 1] })).toEqual(['over']);
    });

    it('let a schedule stand above it by its next job', () => {
      const tick = job({ id: 'repeat:tick:1', data: '{"tag":"schedule tick"}', addedIn: 3, deliveries: [] });
      expect(kindsOf({ depths: [1, 2, 2, 3], jobs: [job(), tick] })).not.toContain('over');
      expect(kindsOf({ depths: [1, 2, 2, 9], jobs: [job(), tick] })).toContain('over');
    });

    it('let it stand above what was there when the capacity was lowered, by its next job and no more', () => {
      const capacities = [
        { in: 0, capacity: 9 },
        { in: 2, capacity: 1 },
      ];
      const after = (tag: string, ...more: number[]): string[] => {
        const added = more.map((_, n) =>
          job({ id: `repeat:tick:${n}`, data: JSON.stringify({ tag }), addedIn: 3 + n, deliveries: [] }),
        );
        return kindsOf({ depths: [5, 9, 9, ...more], capacities, jobs: [job(), ...added] });
      };
      expect(after('schedule tick', 10, 11)).not.toContain('over');
      expect(after('schedule tick', 10, 11, 12)).toContain('over');
      expect(after('schedule tick', 4, 5, 6, 7)).toContain('over');
      expect(after('put', 10)).toContain('over');
    });

    it('know the capacity at each time: what was there before it was lowered may stay', () => {
      const capacities = [{ in: 2, capacity: 1 }];
      expect(kindsOf({ depths: [1, 2, 2, 1], capacities })).not.toContain('over');
      expect(kindsOf({ depths: [1, 1, 0, 2], capacities })).toContain('over');
    });
  });

  describe('of the order', () => {
    it('find a put that took capacity which another waited for', () => {
      expect(kindsOf({ admissions: [admission({ added: 2 })] })).toEqual(['overtook']);
      expect(kindsOf({ admissions: [admission(), admission({ in: 1 })] })).toEqual(['overtook']);
    });
  });

  describe('of time', () => {
    it('find a lease that is renewed past deadline, grace and margin', () => {
      const leaseEndsMs = 1_010 + 2_000 + 500 + 1_000 + 2_000 + 3_000;
      expect(kindsOf({ jobs: [job({ deliveries: [delivery({ leaseEndsMs })] })] })).toEqual(['lease-too-long']);
    });

    it('allow one that is reacquired when Redis is back, to write the outcome', () => {
      const leaseEndsMs = 20_000 + 13_000;
      const jobs = [job({ deliveries: [delivery({ leaseEndsMs })] })];
      const away = (target: string): RecordedFact[] => [
        ...calmFacts(),
        at(1_015, { type: 'fault', phase: 'began', kind: 'stop', target }),
        at(20_000, { type: 'fault', phase: 'ended', kind: 'stop', target }),
      ];
      expect(kindsOf({ jobs, facts: away('redis') })).not.toContain('lease-too-long');
      expect(kindsOf({ jobs, facts: away('worker2.1') })).toContain('lease-too-long');
      const longer = [job({ deliveries: [delivery({ leaseEndsMs: leaseEndsMs + 3_000 })] })];
      expect(kindsOf({ jobs: longer, facts: away('redis') })).toContain('lease-too-long');
    });

    it('find a slot that is occupied past deadline and grace, unless its process was stopped', () => {
      const reportedAt = (ms: number): RecordedFact[] =>
        calmFacts().map((fact) => (fact.type === 'reported' ? { ...fact, at: ms } : fact));
      expect(kindsOf({ facts: reportedAt(6_000) })).toEqual(['slot-too-long']);
      const stopped = [
        at(1_012, { type: 'fault', phase: 'began', kind: 'stop', target: 'worker1.1' }),
        at(19_000, { type: 'fault', phase: 'ended', kind: 'stop', target: 'worker1.1' }),
      ] satisfies RecordedFact[];
      expect(kindsOf({ facts: [...reportedAt(20_000), ...stopped] })).toEqual([]);
      const neighbour = stopped.map((fact) => ({ ...fact, target: 'worker2.1' }));
      expect(kindsOf({ facts: [...reportedAt(20_000), ...neighbour] })).toEqual(['slot-too-long']);
    });

    it('find a slot that a living worker never frees', () => {
      const facts = [...calmFacts().slice(0, -1), at(9_000, { type: 'cancel-sent', ...put })];
      expect(kindsOf({ facts })).toEqual(['slot-never-freed']);
    });
  });

  describe('of once in', () => {
    it('find a job that was added twice by one put', () => {
      const again = job({ addedIn: 3, deliveries: [], end: { how: 'completed', atMs: 1_050, in: 4 } });
      expect(kindsOf({ jobs: [job(), again] })).toEqual(['added-twice']);
    });

    it('allow a second job by a put that was never answered', () => {
      const again = job({ addedIn: 3, deliveries: [], end: { how: 'completed', atMs: 1_050, in: 4 } });
      const facts = [...calmFacts(), at(1_040, { type: 'put-sent', ...put })];
      expect(kindsOf({ jobs: [job(), again], facts })).toEqual([]);
    });

    it('find a job that was taken after its end', () => {
      const late = delivery({ token: 'pool:2', takenAtMs: 1_031, takenIn: 3, end: null });
      expect(kindsOf({ jobs: [job({ deliveries: [delivery(), late] })] })).toEqual(['taken-after-end']);
    });
  });

  describe('of what is left', () => {
    it.each([
      ['ticket-left', 'sluice:waiters'],
      ['lock-left', 'k.a:lock'],
      ['undocumented-key', 'sluice:secret'],
      ['key-without-expiry', 'sluice:reply:p:1'],
      ['unknown-key', 'k.nobody'],
    ])('find: %s, %s', (kind, key) => {
      expect(kindsOf({ keys: [{ key, livesMs: -1 }] })).toEqual([kind]);
    });

    it.each(['k.a', 'k.a:logs', 'repeat:tock:1000', 'repeat:tock:1000:logs'])('know %s of a kept job', (key) => {
      expect(kindsOf({ keys: [{ key, livesMs: -1 }], kept: ['k.a', 'repeat:tock:1000'] })).toEqual([]);
    });

    it.each(['k', 'k.ab', 'repeat', 'repeat:tock', 'repeat:tock:2000'])('know no job with the key %s', (key) => {
      const kept = ['k.a', 'repeat:tock:1000'];
      expect(kindsOf({ keys: [{ key, livesMs: -1 }], kept })).toEqual(['unknown-key']);
    });

    it('find an unfinished job', () => {
      expect(kindsOf({ unfinished: ['k.a'] })).toEqual(['unfinished-left']);
    });
  });

  it('find a process that crashed', () => {
    expect(kindsOf({ crashes: ['worker1.1 ended by itself with code 1'] })).toEqual(['process-died']);
  });
});
