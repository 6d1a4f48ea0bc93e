import type { RecordedFact } from '@sluice/testing/history';
import { describe, expect, it } from 'vitest';
import { check } from './check.ts';
import {
  admission,
  at,
  calmFacts,
  calmRun,
  type Changes,
  delivery,
  job,
  put,
  putFacts,
  run,
} from './testing/calm-run.ts';

/** What all rules together have against a run. */
function kindsOf(changes: Changes): string[] {
  return check(calmRun(changes)).flatMap(({ violations }) => violations.map(({ kind }) => kind));
}

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
  it('have nothing against a run in which nothing is wrong', () => {
    expect(kindsOf({})).toEqual([]);
  });

  describe('of what operators do', () => {
    const order = { order: 'replay', operator: 'operator1.1', id: 'a' };
    const sent = at(1_050, { type: 'order-sent', ...order });
    const done = at(1_060, { type: 'order-answered', ...order, answer: 'replayed' });
    const all = { order: 'replay-all', operator: 'operator1.1' };

    it('find a replay that was reported and did not happen, and one that nobody ordered', () => {
      const replayed = [job({ replays: 1 })];
      expect(kindsOf({ facts: [...calmFacts(), sent, done], jobs: replayed })).toEqual([]);
      expect(kindsOf({ facts: [...calmFacts(), sent, done] })).toEqual(['replayed-and-not', 'replayed-and-not']);
      expect(kindsOf({ jobs: replayed })).toEqual(['replayed-unasked']);
      const twoOfAll = at(1_070, { type: 'order-answered', ...all, answer: '2' });
      const facts = [...calmFacts(), at(1_060, { type: 'order-sent', ...all }), twoOfAll];
      expect(kindsOf({ facts, jobs: replayed })).toEqual(['replayed-and-not']);
    });

    const ofQueue = (index: number, running: number) => ({ in: index, job: null, running });

    it('find a take above the limit of the queue or of a contract, and let what runs go on', () => {
      const next = job({
        id: 'b',
        addedIn: 0,
        deliveries: [delivery({ token: 'pool:2', takenIn: 3, end: null })],
        end: null,
      });
      const running = { jobs: [job({ deliveries: [delivery({ end: null })], end: null }), next] };
      expect(kindsOf({ ...running, limits: [ofQueue(0, 1)] })).toContain('over-limit');
      expect(kindsOf({ ...running, limits: [ofQueue(0, 2)] })).not.toContain('over-limit');
      expect(kindsOf({ ...running, limits: [ofQueue(4, 1)] })).not.toContain('over-limit');
      const ofContract = (name: string) => ({ ...running, limits: [{ in: 0, job: name, running: 1 }] });
      expect(kindsOf(ofContract('chaos.step'))).toContain('over-limit-of-contract');
      expect(kindsOf(ofContract('another'))).not.toContain('over-limit-of-contract');
      const removed = job({ deliveries: [delivery({ end: null })], end: { how: 'removed', atMs: 1_025, in: 2 } });
      expect(kindsOf({ jobs: [removed, next], limits: [ofQueue(0, 1)] })).not.toContain('over-limit');
    });

    it('find a job of a schedule that ran twice, or that nobody asked for, and none that came once', () => {
      const tick = job({
        id: 'repeat:tick:1',
        data: '{"tag":"schedule tick"}',
        deliveries: [delivery({ token: 'pool:9' })],
      });
      const set = at(980, { type: 'order-sent', order: 'schedule: set', operator: 'operator1.1', id: 'tick' });
      const facts = [set, ...calmFacts()];
      const settled = ['settled-by-stranger'];
      expect(kindsOf({ facts, jobs: [job(), tick] })).toEqual(settled);
      expect(kindsOf({ jobs: [job(), tick] })).toEqual([...settled, 'scheduled-unasked']);
      expect(kindsOf({ facts, jobs: [job(), tick, tick] })).toContain('scheduled-twice');
    });

    it('find a cancel that was confirmed and stopped nothing, and one that nobody ordered', () => {
      const cancel = at(1_006, { type: 'cancel-sent', ...put });
      const confirmed = at(1_040, { type: 'cancel-answered', ...put, answer: 'aborted' });
      const end = { how: 'failed', atMs: 1_025, in: 2 } as const;
      const aborted = [job({ end, deliveries: [delivery({ end: { ...end, value: 'the job was cancelled' } })] })];
      const facts = calmFacts().filter(({ type }) => type !== 'reported');
      expect(kindsOf({ facts: [...facts, cancel, confirmed], jobs: aborted })).not.toContain('aborted-and-not');
      expect(kindsOf({ facts: [...facts, cancel, confirmed] })).toContain('aborted-and-not');
      expect(kindsOf({ facts, jobs: aborted })).toContain('aborted-unasked');
    });

    it('find a run of another payload than the last edit had left, and an edit that was reported wrongly', () => {
      const about = { order: 'edit: e1', operator: 'operator1.1', id: 'a' };
      const editSent = at(1_001, { type: 'order-sent', ...about });
      const answered = (answer: string) => [editSent, at(1_003, { type: 'order-answered', ...about, answer })];
      const edited = [job({ edits: [{ in: 0, data: '{"tag":"a","edit":"e1"}' }] })];
      const ran = (edit: string) => calmFacts().map((fact) => (fact.type === 'delivered' ? { ...fact, edit } : fact));
      expect(kindsOf({ facts: [...ran('e1'), ...answered('edited')], jobs: edited })).toEqual([]);
      expect(kindsOf({ facts: [...calmFacts(), ...answered('active')] })).toEqual([]);
      expect(kindsOf({ facts: [...calmFacts(), ...answered('edited')], jobs: edited })).toEqual([
        'ran-another-payload',
      ]);
      expect(kindsOf({ facts: [...ran('e0'), ...answered('edited')], jobs: edited })).toEqual(['ran-another-payload']);
      expect(kindsOf({ facts: [...calmFacts(), ...answered('edited')] })).toEqual(['edited-and-not']);
      expect(kindsOf({ facts: [...ran('e1'), ...answered('active')], jobs: edited })).toEqual(['refused-but-edited']);
      expect(kindsOf({ facts: ran('e1'), jobs: edited })).toEqual(['edited-unasked']);
    });

    it('find an edit of a job that ran or had ended', () => {
      const about = { order: 'edit: e1', operator: 'operator1.1', id: 'a' };
      const facts = [...calmFacts(), at(1_015, { type: 'order-sent', ...about })];
      const jobs = [
        job({
          edits: [{ in: 2, data: '{"tag":"a","edit":"e1"}' }],
          deliveries: [delivery({ end: { how: 'completed', atMs: 1_025, in: 3, value: '{"run":"worker1.1#1"}' } })],
        }),
      ];
      expect(kindsOf({ facts, jobs })).toEqual(['edited-while-active']);
      const late = [job({ edits: [{ in: 3, data: '{"tag":"a","edit":"e1"}' }] })];
      expect(kindsOf({ facts, jobs: late })).toEqual(['edited-after-end']);
    });

    it('find a job that was taken while the queue was paused, and a pause that was none', () => {
      const pause = { order: 'pause', operator: 'operator1.1' };
      const facts = [...calmFacts(), at(2_000, { type: 'order-answered', ...pause, answer: 'done' })];
      const pauses = [{ in: 0, paused: true }];
      expect(kindsOf({ facts, pauses: [...pauses, { in: 1, paused: false }] })).toEqual([]);
      expect(kindsOf({ facts, pauses })).toEqual(['taken-while-paused']);
      expect(kindsOf({ facts })).toEqual(['paused-and-not']);
    });
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

    it('know the capacity at each time: what was there before it was lowered may stay', () => {
      const capacities = [{ in: 2, capacity: 1 }];
      expect(kindsOf({ depths: [1, 2, 2, 1], capacities })).not.toContain('over');
      expect(kindsOf({ depths: [1, 1, 0, 2], capacities })).toContain('over');
    });
  });

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

    it('find an unfinished job', () => {
      expect(kindsOf({ unfinished: ['k.a'] })).toEqual(['unfinished-left']);
    });
  });

  it('find a process that crashed', () => {
    expect(kindsOf({ crashes: ['worker1.1 ended by itself with code 1'] })).toEqual(['process-died']);
  });
});
