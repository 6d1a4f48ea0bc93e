import { expect, it } from 'vitest';
import { type JobLife, jobTransitions } from './job-transitions.ts';

const life: JobLife = {
  createdAt: 1_000,
  startedAt: 9_000,
  endedAt: 9_500,
  isDead: false,
  worker: 'w2',
  fencingToken: 77,
  crashes: [{ at: 4_000, worker: 'w1', jobsInProcess: 2, evidence: 'shared', delivery: 1 }],
};
const entry = { prev: null, until: null };
const summary = (list: ReturnType<typeof jobTransitions>): string[] =>
  list.map(({ at, event, worker, fencingToken }) => [at, event, worker, fencingToken].filter(Boolean).join(' '));

it('tells a life from the events and the crashes, and who ran it last', () => {
  const events = [
    { ...entry, at: 1_002, event: 'added' },
    { ...entry, at: 1_002, event: 'waiting' },
    { ...entry, at: 2_000, event: 'active', prev: 'waiting' },
    { ...entry, at: 8_000, event: 'waiting', prev: 'active' },
    { ...entry, at: 9_001, event: 'active', prev: 'waiting' },
    { ...entry, at: 9_500, event: 'completed', prev: 'active' },
  ];
  const told = [
    '1002 put',
    '1002 waiting',
    '2000 active',
    '4000 crash w1',
    '8000 waiting',
    '9001 active w2 77',
    '9500 completed',
  ];
  expect(summary(jobTransitions(events, life))).toEqual(told);
});

it('tells what the hash says where the events are gone', () => {
  const told = ['1000 put', '4000 crash w1', '9000 active w2 77', '9500 completed'];
  expect(summary(jobTransitions([], life))).toEqual(told);
  expect(summary(jobTransitions([], { ...life, isDead: true })).at(-1)).toBe('9500 failed');
});
