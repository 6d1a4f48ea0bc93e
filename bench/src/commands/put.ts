import type { Command } from 'commander';
import { putBenchDefaults } from '../put/put-plan.ts';
import { renderPutSection } from '../put/put-report.ts';
import { runPutBench } from '../put/run-put-bench.ts';
import { installBunqueue } from '../bunqueue/install-bunqueue.ts';
import { addReportOptions, type BenchContext, type ReportFlags, showReport, wholeNumber } from './bench-command.ts';

interface PutFlags extends ReportFlags {
  rounds: number;
  jobs: number;
  seconds: number;
  bunqueue?: boolean;
}

export function addPutCommand(program: Command, context: BenchContext): void {
  addReportOptions(
    program
      .command('put')
      .description('what it costs to bring jobs into a queue: jobs/s, Node and Redis CPU per job, six ways')
      .option('--bunqueue', 'install Bun and bunqueue, some 110 MB, once, and measure it as well')
      .option('--rounds <n>', 'rounds that count, after one of warm-up', wholeNumber(1, 100), putBenchDefaults.rounds)
      .option('--jobs <n>', 'jobs of one run; one at a time a fifth', wholeNumber(10, 100_000), putBenchDefaults.jobs)
      .option(
        '--seconds <n>',
        'begin no round past this time',
        wholeNumber(1, 3_600),
        putBenchDefaults.timeLimitMs / 1_000,
      ),
  ).action(async ({ rounds, jobs, seconds, bunqueue, ...flags }: PutFlags) => {
    const install = bunqueue ? await installBunqueue(context.onProgress) : undefined;
    const report = await runPutBench({ rounds, jobs, timeLimitMs: seconds * 1_000 }, context, install);
    await showReport(context, flags, report, renderPutSection(report));
  });
}
