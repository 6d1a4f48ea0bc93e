import { describe, expect, it } from 'vitest';
import { at, calmFacts, delivery, job, put } from './testing/calm-run.ts';
import { kindsOf } from './testing/kinds-of.ts';

describe('the checkers of what operators do', () => {
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
    expect(kindsOf({ facts: [...calmFacts(), ...answered('edited')], jobs: edited })).toEqual(['ran-another-payload']);
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
