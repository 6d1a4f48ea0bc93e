import type { Command } from 'commander';
import { saveFigures } from '../benchmarks-page.ts';
import { lifeBenchDefaults } from '../life/life-plan.ts';
import { renderLifeSection } from '../life/life-section.ts';
import { runLifeBench } from '../life/run-life-bench.ts';
import type { BenchContext } from './bench-context.ts';
import { wholeNumber } from './whole-number.ts';

interface LifeFlags {
  rounds: number;
  jobs: number;
  perSecond: number;
  seconds: number;
  json?: true;
  save?: true;
}

const defaults = lifeBenchDefaults;

export function addLifeCommand(program: Command, context: BenchContext): void {
  program
    .command('life')
    .description('whole lives of jobs, two producers and two workers: jobs/s, CPU, memory, and how long a life takes')
    .option('--rounds <n>', 'rounds that count, after one of warm-up', wholeNumber(1, 100), defaults.rounds)
    .option('--jobs <n>', 'jobs of one run at full speed', wholeNumber(100, 100_000), defaults.jobs)
    .option('--per-second <n>', 'the steady pace of the timed runs', wholeNumber(10, 100_000), defaults.perSecond)
    .option('--seconds <n>', 'begin no round past this time', wholeNumber(1, 3_600), defaults.timeLimitMs / 1_000)
    .option('--json', 'print the figures as JSON')
    .option('--save', 'keep the figures and renew docs/benchmarks.md')
    .action(async ({ rounds, jobs, perSecond, seconds, json, save }: LifeFlags) => {
      const report = await runLifeBench({ rounds, jobs, perSecond, timeLimitMs: seconds * 1_000 }, context);
      const section = renderLifeSection(report);
      context.print(json ? JSON.stringify(report, null, 2) : section);
      if (save) await saveFigures('life', report, section);
    });
}
