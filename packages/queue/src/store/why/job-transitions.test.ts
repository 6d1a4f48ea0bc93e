import { expect, it } from 'vitest';
import { type JobLife, jobTransitions } from './job-transitions.ts';

const life: JobLife = {
  createdAt: 1_000,
  startedAt: 9_000,
  endedAt: 9_500,
  isDead: false,
  worker: 'w2',
  fencingToken: 77,
  deliveries: 2,
  failedAttempts: [],
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
    '2000 active w1',
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

it('tells a crash behind the start that it ended, though its process was last heard of before the put', () => {
  const events = [
    { ...entry, at: 1_002, event: 'added' },
    { ...entry, at: 1_002, event: 'waiting' },
    { ...entry, at: 1_010, event: 'active', prev: 'waiting' },
    { ...entry, at: 6_000, event: 'waiting', prev: 'active' },
    { ...entry, at: 6_000, event: 'stalled' },
    { ...entry, at: 7_000, event: 'active', prev: 'waiting' },
    { ...entry, at: 7_100, event: 'delayed', prev: 'active' },
    { ...entry, at: 9_001, event: 'active', prev: 'waiting' },
  ];
  const [crash] = life.crashes.map((each) => ({ ...each, at: 900 }));
  const failed = { delivery: 2, attempt: 1, at: 7_100, code: 'X', message: '', worker: 'w3' };
  const told = jobTransitions(events, {
    ...life,
    endedAt: null,
    deliveries: 3,
    crashes: crash ? [crash] : [],
    failedAttempts: [failed],
  });
  expect(summary(told)).toEqual([
    '1002 put',
    '1002 waiting',
    '1010 active w1',
    '1010 crash w1',
    '6000 waiting',
    '6000 stalled',
    '7000 active w3',
    '7100 delayed',
    '9001 active w2 77',
  ]);
  expect(told[3]?.note).toBe('shared, 2 in the process, last heard of at 1970-01-01T00:00:00.900Z');
});
