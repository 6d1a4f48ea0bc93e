import type { Command } from 'commander';
import { runWaitBench, waitBenchDefaults } from '../wait/run-wait-bench.ts';
import { renderWaitSection } from '../wait/wait-report.ts';
import { addReportOptions, type BenchContext, type ReportFlags, showReport, wholeNumber } from './bench-command.ts';

interface WaitFlags extends ReportFlags {
  samples: number;
  flood: number;
}

export function addWaitCommand(program: Command, context: BenchContext): void {
  addReportOptions(
    program
      .command('wait')
      .description('how soon a waiting put gets freed capacity, in what order, and what waiting costs')
      .option(
        '--samples <n>',
        'times that capacity is freed per measurement',
        wholeNumber(10, 10_000),
        waitBenchDefaults.samples,
      )
      .option('--flood <n>', 'jobs of the flood', wholeNumber(1_000, 10_000_000), waitBenchDefaults.floodJobs),
  ).action(async ({ samples, flood, ...flags }: WaitFlags) => {
    const report = await runWaitBench({ ...waitBenchDefaults, samples, floodJobs: flood }, context);
    await showReport(context, flags, report, renderWaitSection(report));
  });
}
