import { describe, expect, test } from 'vitest';
import type { Fact } from './fact.ts';
import { MemoryHistory } from './history.ts';
import { neverOver } from './never-over.ts';
import { type FinalState, noneLost } from './none-lost.ts';
import { noneTwice } from './none-twice.ts';

function historyOf(...facts: Fact[]): MemoryHistory {
  const history = new MemoryHistory(() => 0);
  for (const fact of facts) history.record(fact);
  return history;
}

const depth = (depth: number): Fact => ({ type: 'depth', queue: 'q', depth });
const sent = (id: string): Fact => ({ type: 'put-sent', id, producer: 'p' });
const answered = (id: string): Fact => ({ type: 'put-answered', id, producer: 'p', status: 'created' });
const refused = (id: string): Fact => ({ type: 'put-refused', id, producer: 'p', code: 'SLUICE_QUEUE_FULL' });
const unknown = (id: string): Fact => ({ type: 'put-unknown', id, producer: 'p', code: 'SLUICE_PUT_UNKNOWN' });
const delivered = (worker: string, attempt = 1): Fact => ({ type: 'delivered', id: 'a', worker, attempt });
const returned = (worker: string, outcome: 'completed' | 'failed' | 'released', attempt = 1): Fact => ({
  type: 'returned',
  id: 'a',
  worker,
  attempt,
  outcome,
});
const settled = (worker: string, outcome: 'completed' | 'dead' = 'completed'): Fact => ({
  type: 'settled',
  id: 'a',
  worker,
  outcome,
});
const killed = (process: string): Fact => ({ type: 'killed', process });

describe('neverOver', () => {
  const over = (...facts: Fact[]) => neverOver(historyOf(...facts), 3).map(({ kind }) => kind);

  test('is content with readings up to the capacity', () => {
    expect(over(depth(0), depth(3), depth(2))).toEqual([]);
  });

  test('finds each reading above, and shows it', () => {
    expect(neverOver(historyOf(depth(3), depth(4), depth(3), depth(9)), 3)).toMatchObject([
      { kind: 'over', evidence: [{ depth: 4 }], message: expect.stringContaining('1 more than its capacity of 3') },
      { kind: 'over', evidence: [{ depth: 9 }] },
    ]);
  });

  test('is not satisfied by a history without readings', () => {
    expect(over(sent('a'))).toEqual(['nothing-seen']);
  });
});

describe('noneLost', () => {
  const lost = (facts: Fact[], state: Partial<FinalState>) =>
    noneLost(historyOf(...facts), { unfinished: [], settled: [], ...state }).map(({ kind, id }) => `${kind} ${id}`);

  test('is content when what was answered is unfinished or settled', () => {
    const facts = [sent('a'), answered('a'), sent('b'), answered('b')];
    expect(lost(facts, { unfinished: ['a'], settled: ['b'] })).toEqual([]);
  });

  test('finds a put that resolved and is nowhere, and shows its facts', () => {
    const history = historyOf(sent('a'), answered('a'), sent('b'), answered('b'));
    expect(noneLost(history, { unfinished: ['b'], settled: [] })).toMatchObject([
      { kind: 'lost', id: 'a', evidence: [{ type: 'put-sent' }, { type: 'put-answered' }] },
    ]);
  });

  test('finds it also when another put of the same id was refused', () => {
    expect(lost([sent('a'), answered('a'), sent('a'), refused('a')], {})).toEqual(['lost a']);
    expect(lost([sent('a'), refused('a'), sent('a'), answered('a')], {})).toEqual(['lost a']);
  });

  test('takes a job whose end was recorded as settled, though it is no longer kept', () => {
    expect(lost([sent('a'), answered('a'), settled('w')], {})).toEqual([]);
  });

  test('does not mind where a put ended whose answer is not known', () => {
    const facts = [sent('ok'), answered('ok'), sent('a'), unknown('a'), sent('b')];
    expect(lost(facts, { settled: ['ok'] })).toEqual([]);
    expect(lost(facts, { settled: ['ok', 'a', 'b'] })).toEqual([]);
  });

  test('finds a job that is there though it was refused', () => {
    expect(lost([sent('ok'), answered('ok'), sent('a'), refused('a')], { settled: ['ok', 'a'] })).toEqual([
      'refused-but-there a',
    ]);
  });

  test('lets a refused job be there when another put of it may have added it', () => {
    const before = [sent('ok'), answered('ok')];
    const state = { settled: ['ok', 'a'] };
    expect(lost([...before, sent('a'), sent('a'), refused('a')], state)).toEqual([]);
    expect(lost([...before, sent('a'), unknown('a'), sent('a'), refused('a')], state)).toEqual([]);
  });

  test('finds a job that nobody put', () => {
    expect(lost([sent('ok'), answered('ok')], { settled: ['ok'], unfinished: ['x'] })).toEqual(['never-put x']);
  });

  test('finds a job in two states', () => {
    const facts = [sent('a'), answered('a')];
    expect(lost(facts, { settled: ['a'], unfinished: ['a'] })).toEqual(['in-two-states a']);
    expect(lost([...facts, settled('w')], { unfinished: ['a'] })).toEqual(['in-two-states a']);
  });

  test('is not satisfied by a history in which no put was answered', () => {
    expect(lost([sent('a')], {})).toEqual(['nothing-seen undefined']);
  });
});

describe('noneTwice', () => {
  const twice = (...facts: Fact[]) => noneTwice(historyOf(...facts)).map(({ kind }) => kind);

  test('is content with a job that ran once', () => {
    expect(twice(delivered('w'), returned('w', 'completed'), settled('w'))).toEqual([]);
  });

  test('lets a job run again after it failed, was given back, or lost its worker', () => {
    expect(twice(delivered('w'), returned('w', 'failed'), delivered('w', 2))).toEqual([]);
    expect(twice(delivered('w'), returned('w', 'released'), delivered('v', 1))).toEqual([]);
    expect(twice(delivered('w'), killed('w'), delivered('v', 2), returned('v', 'completed', 2), settled('v'))).toEqual(
      [],
    );
  });

  test('lets a job run again whose worker died between its end and the ack', () => {
    expect(twice(delivered('w'), returned('w', 'completed'), killed('w'), delivered('v', 2))).toEqual([]);
  });

  test('finds a second run while the first still runs, and shows both', () => {
    expect(noneTwice(historyOf(delivered('w'), delivered('v', 2)))).toMatchObject([
      { kind: 'ran-while-held', id: 'a', evidence: [{ worker: 'w' }, { worker: 'v' }] },
    ]);
    expect(twice(delivered('w'), delivered('w'))).toEqual(['ran-while-held']);
    expect(twice(delivered('w'), killed('another'), delivered('v'))).toEqual(['ran-while-held']);
    expect(twice(delivered('w'), delivered('v'), killed('w'))).toEqual(['ran-while-held']);
  });

  test('finds a run after a run that ended well', () => {
    expect(twice(delivered('w'), returned('w', 'completed'), delivered('v', 2))).toEqual(['ran-after-completed']);
  });

  test('finds a run after the end, also when a worker has died since', () => {
    const end = [delivered('w'), returned('w', 'completed'), settled('w')];
    expect(twice(...end, delivered('v', 2))).toEqual(['ran-after-settled']);
    expect(twice(...end, killed('w'), delivered('v', 2))).toEqual(['ran-after-settled']);
    expect(twice(delivered('w'), returned('w', 'failed'), settled('w', 'dead'), delivered('v', 2))).toEqual([
      'ran-after-settled',
    ]);
  });

  test('finds a second end', () => {
    expect(twice(delivered('w'), returned('w', 'completed'), settled('w'), settled('v'))).toEqual(['settled-twice']);
  });

  test('finds an end of a run that never began', () => {
    expect(twice(delivered('w'), returned('v', 'completed'))).toEqual(['returned-undelivered']);
    expect(twice(delivered('w'), returned('w', 'failed'), returned('w', 'failed'))).toEqual(['returned-undelivered']);
    expect(twice(delivered('w'), returned('w', 'failed', 2))).toEqual(['returned-undelivered']);
  });

  test('finds more failures than attempts', () => {
    const facts = [1, 2, 3].flatMap((attempt) => [delivered('w', attempt), returned('w', 'failed', attempt)]);
    expect(noneTwice(historyOf(...facts), { maxAttempts: 3 })).toEqual([]);
    expect(noneTwice(historyOf(...facts), { maxAttempts: 2 })).toMatchObject([{ kind: 'too-many-attempts' }]);
  });

  test('does not count a failure that a dead worker could not record', () => {
    const again = (worker: string) => [delivered(worker, 1), returned(worker, 'failed', 1)];
    const judged = (...facts: Fact[]) => noneTwice(historyOf(...facts), { maxAttempts: 1 }).map(({ kind }) => kind);
    expect(judged(...again('w'), killed('w'), ...again('v'))).toEqual([]);
    expect(judged(...again('w'), ...again('v'))).toEqual(['too-many-attempts']);
    expect(judged(...again('w'), killed('w'), delivered('v', 2), returned('v', 'failed', 2))).toEqual([
      'too-many-attempts',
    ]);
  });

  test('judges each job by itself', () => {
    const other: Fact = { type: 'delivered', id: 'b', worker: 'v', attempt: 1 };
    expect(twice(delivered('w'), other, returned('w', 'completed'), settled('w'))).toEqual([]);
  });

  test('is not satisfied by a history in which nothing ran', () => {
    expect(twice(sent('a'), answered('a'))).toEqual(['nothing-seen']);
  });
});
