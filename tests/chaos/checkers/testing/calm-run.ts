import type { Fact, RecordedFact } from '@sluice/testing/history';
import type { Admission, DeliveryEntry, JobEntry, RunningLimit } from '@sluice/testing/queue-log';
import type { Evidence } from '../evidence.ts';

/** What is to be different from a run in which nothing is wrong. */
export interface Changes {
  facts?: RecordedFact[];
  jobs?: JobEntry[];
  admissions?: Admission[];
  depths?: number[];
  capacities?: { in: number; capacity: number }[];
  limits?: RunningLimit[];
  pauses?: { in: number; paused: boolean }[];
  keys?: { key: string; livesMs: number }[];
  unfinished?: string[];
  kept?: string[];
  crashes?: string[];
  tolerate?: Evidence['tolerances']['tolerate'];
}

/** One job, `a`, put by `producer1.1`, run by `worker1.1`, while another put waited. Nothing is wrong with it. */
export function calmRun(changes: Changes = {}): Evidence {
  const depths = changes.depths ?? [1, 1, 0, 1];
  return {
    history: { facts: changes.facts ?? calmFacts() },
    queueLog: {
      jobs: changes.jobs ?? [job()],
      admissions: changes.admissions ?? [admission()],
      capacities: changes.capacities ?? [],
      limits: changes.limits ?? [],
      pauses: changes.pauses ?? [],
      transactions: depths.length,
    },
    report: {
      transactions: depths.length,
      depths,
      highestDepth: Math.max(...depths),
      finalDepth: depths.at(-1) ?? 0,
      describe: () => [],
      commands: () => [],
    },
    leftovers: {
      keys: changes.keys ?? [
        { key: 'meta', livesMs: -1 },
        { key: 'k.a', livesMs: -1 },
        { key: 'sluice:reply:p:1', livesMs: 20_000 },
      ],
      unfinished: changes.unfinished ?? [],
      kept: changes.kept ?? ['k.a'],
    },
    crashes: changes.crashes ?? [],
    capacity: 2,
    documentedKeys: new Set(['reply', 'waiters', 'tickets', 'wake']),
    tolerances: {
      leaseMs: 5_000,
      renewMs: 1_500,
      graceMs: 500,
      settleMarginMs: 1_000,
      silenceMs: 10_000,
      marginMs: 2_000,
      recoveryMs: 2_500,
      tolerate: changes.tolerate ?? new Set(),
    },
  };
}

export function calmFacts(): RecordedFact[] {
  return [
    ...putFacts(),
    at(1_010, { type: 'delivered', ...run, timeoutMs: 2_000 }),
    at(1_020, { type: 'returned', ...run, outcome: 'completed' }),
    at(1_030, { type: 'reported', ...run, outcome: 'completed' }),
  ];
}

export function putFacts(): RecordedFact[] {
  return [at(990, { type: 'put-sent', ...put }), at(1_000, { type: 'put-answered', ...put, status: 'created' })];
}

export const put = { id: 'a', producer: 'producer1.1' };
export const run = { id: 'a', worker: 'worker1.1', attempt: 1, run: 'worker1.1#1' };

/** A fact as it was told at that time. */
export function at(ms: number, fact: Fact): RecordedFact {
  return { ...fact, at: ms };
}

export function job(changes: Partial<JobEntry> = {}): JobEntry {
  return {
    id: 'a',
    job: 'chaos.step',
    data: '{"tag":"a"}',
    edits: [],
    addedAtMs: 1_000,
    addedIn: 0,
    duplicates: 0,
    replays: 0,
    deliveries: [delivery()],
    end: { how: 'completed', atMs: 1_025, in: 2 },
    ...changes,
  };
}

export function delivery(changes: Partial<DeliveryEntry> = {}): DeliveryEntry {
  return {
    token: 'pool:1',
    worker: 'worker1.1',
    takenAtMs: 1_005,
    takenIn: 1,
    leaseEndsMs: 6_005,
    end: { how: 'completed', atMs: 1_025, in: 2, value: '{"run":"worker1.1#1"}' },
    ...changes,
  };
}

export function admission(changes: Partial<Admission> = {}): Admission {
  return { in: 3, atMs: 1_040, producer: 'p', added: 1, ahead: [{ ticket: 'q:1', wanted: 1 }], ...changes };
}
