import type { Command } from 'commander';
import { renderLifeSection } from '../life/life-report.ts';
import { lifeBenchDefaults, runLifeBench } from '../life/run-life-bench.ts';
import { addReportOptions, type BenchContext, type ReportFlags, showReport, wholeNumber } from './bench-command.ts';

interface LifeFlags extends ReportFlags {
  rounds: number;
  jobs: number;
  perSecond: number;
  seconds: number;
}

const defaults = lifeBenchDefaults;

export function addLifeCommand(program: Command, context: BenchContext): void {
  addReportOptions(
    program
      .command('life')
      .description('whole lives of jobs, two producers and two workers: jobs/s, CPU, memory, and how long a life takes')
      .option('--rounds <n>', 'rounds that count, after one of warm-up', wholeNumber(1, 100), defaults.rounds)
      .option('--jobs <n>', 'jobs of one run at full speed', wholeNumber(100, 100_000), defaults.jobs)
      .option('--per-second <n>', 'the steady pace of the timed runs', wholeNumber(10, 100_000), defaults.perSecond)
      .option('--seconds <n>', 'begin no round past this time', wholeNumber(1, 3_600), defaults.timeLimitMs / 1_000),
  ).action(async ({ rounds, jobs, perSecond, seconds, ...flags }: LifeFlags) => {
    const report = await runLifeBench({ rounds, jobs, perSecond, timeLimitMs: seconds * 1_000 }, context);
    await showReport(context, flags, report, renderLifeSection(report));
  });
}
