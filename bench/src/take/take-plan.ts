import type { PayloadSize } from '../put/put-plan.ts';
import type { RoundsOptions } from '../run-rounds.ts';

/** What a handler does with its job. */
export const works = ['none', 'steady', 'random'] as const;
export type Work = (typeof works)[number];

const workTitles: Readonly<Record<Work, string>> = {
  none: 'no-op',
  steady: '5 ms each',
  // Jobs end in another order than they were taken in, so that they are looked for all over the list of running ones.
  random: '1 to 9 ms each, so in random order',
};

/** What is kept of completed jobs: the last 1,000, or of these what is younger than an hour. */
export const retentions = ['count', 'count-and-age'] as const;
export type Retention = (typeof retentions)[number];

export const KEEP_COUNT = 1_000;
export const KEEP_AGE_MS = 3_600_000;

/** What is measured: one way to work. */
export interface TakeCase {
  readonly work: Work;
  readonly payload: PayloadSize;
  /** Jobs that run at once in the one worker. */
  readonly slots: number;
  /** Whether handlers return something, some 130 bytes of JSON, or nothing. */
  readonly result: boolean;
  readonly retention: Retention;
}

/** One run: a case, and how many jobs. */
export interface TakeOrder extends TakeCase {
  readonly jobs: number;
}

export const baseCase: TakeCase = {
  work: 'none',
  payload: 'small',
  slots: 100,
  result: false,
  retention: 'count-and-age',
};

/** Each differs from the first of its kind in one thing, so that two rows say what that thing costs. */
export const defaultCases: readonly TakeCase[] = [
  { ...baseCase, slots: 1 },
  { ...baseCase, slots: 10 },
  baseCase,
  { ...baseCase, slots: 1_000 },
  { ...baseCase, retention: 'count' },
  { ...baseCase, payload: '1 KB' },
  { ...baseCase, result: true },
  { ...baseCase, work: 'steady' },
  { ...baseCase, work: 'steady', slots: 1_000 },
  { ...baseCase, work: 'random' },
  { ...baseCase, work: 'random', slots: 1_000 },
];

/** Values that somebody chose; those left out are the base case's. */
export type CaseChoice = { readonly [K in keyof TakeCase]?: readonly TakeCase[K][] };

/** All combinations of what was chosen; the default cases when nothing was. */
export function casesOf(choice: CaseChoice): readonly TakeCase[] {
  const { work, payload, slots, result, retention } = choice;
  if ([work, payload, slots, result, retention].every((values) => values === undefined)) return defaultCases;
  let cases: readonly TakeCase[] = [baseCase];
  cases = cases.flatMap((one) => (work ?? [one.work]).map((value) => ({ ...one, work: value })));
  cases = cases.flatMap((one) => (payload ?? [one.payload]).map((value) => ({ ...one, payload: value })));
  cases = cases.flatMap((one) => (slots ?? [one.slots]).map((value) => ({ ...one, slots: value })));
  cases = cases.flatMap((one) => (result ?? [one.result]).map((value) => ({ ...one, result: value })));
  return cases.flatMap((one) => (retention ?? [one.retention]).map((value) => ({ ...one, retention: value })));
}

export function caseTitle({ work, payload, slots, result, retention }: TakeCase): string {
  return [
    slots === 1 ? '1 slot' : `${slots.toLocaleString('en-GB')} slots`,
    workTitles[work],
    ...(payload === baseCase.payload ? [] : [`payload ${payload}`]),
    ...(result ? ['with results'] : []),
    ...(retention === baseCase.retention ? [] : ['kept by count alone']),
  ].join(', ');
}

export interface TakeBenchOptions extends RoundsOptions {
  /** Jobs of one run, 10 to 100,000; with a single slot a fifth of them. */
  readonly jobs: number;
  readonly cases: readonly TakeCase[];
  /** Jobs put one by one on an idle queue, for each contender and round. */
  readonly idleSamples: number;
}

export const takeBenchDefaults = { rounds: 5, jobs: 20_000, timeLimitMs: 420_000, idleSamples: 100 } as const;

/** One job after the other is slow, and 5 ms each is slower: steady after few of them. */
export function jobsOf({ slots, work }: TakeCase, jobs: number): number {
  const share = work !== 'none' && slots <= 10 ? 20 : slots === 1 ? 5 : 1;
  return Math.max(1, Math.round(jobs / share));
}
