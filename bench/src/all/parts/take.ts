import type { ContenderName } from '../../take/contenders/known-contenders.ts';
import { sampleTakes } from '../../take/run-take-bench.ts';
import { baseCase, caseTitle, defaultCases, type TakeCase } from '../../take/take-plan.ts';
import { costRow } from '../cost-row.ts';
import type { Part } from '../part.ts';

const QUICK_CASES: readonly TakeCase[] = [
  { ...baseCase, slots: 1 },
  { ...baseCase, slots: 10 },
  baseCase,
  { ...baseCase, slots: 1_000 },
  { ...baseCase, work: 'steady' },
];

const CONTENDERS: readonly ContenderName[] = ['bullmq', 'bee-queue', 'sluice'];

/** Taking and completing jobs. */
export const takePart: Part = {
  name: 'take',
  scales: {
    quick: { rounds: 5, jobs: 4_000, timeLimitMs: 34_000 },
    whole: { rounds: 7, jobs: 20_000, timeLimitMs: 420_000 },
  },
  measure: async ({ redis, quick, scale, bunqueue, ...hooks }) => {
    const cases = quick ? QUICK_CASES : defaultCases;
    const contenders: readonly ContenderName[] = bunqueue ? [...CONTENDERS, 'bunqueue-memory'] : CONTENDERS;
    const choice = { ...scale, contenders, cases, ...(bunqueue && { bunqueue }) };
    const { samples } = await sampleTakes(choice, redis, hooks);
    return cases.map((one) => {
      const runs = samples.filter((run) => run.case === one);
      return costRow(`take, ${caseTitle(one)}`, 'sluice', runs);
    });
  },
};
