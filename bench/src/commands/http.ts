import type { Command } from 'commander';
import { httpBenchDefaults } from '../http/http-plan.ts';
import { renderHttpSection } from '../http/http-report.ts';
import { runHttpBench } from '../http/run-http-bench.ts';
import { addReportOptions, type BenchContext, type ReportFlags, showReport, wholeNumber } from './bench-command.ts';

interface HttpFlags extends ReportFlags {
  rounds: number;
  jobs: number;
  seconds: number;
}

const defaults = httpBenchDefaults;

export function addHttpCommand(program: Command, context: BenchContext): void {
  addReportOptions(
    program
      .command('http')
      .description("puts over HTTP against a bare route with BullMQ's add: jobs/s, latency, CPU per job")
      .option('--rounds <n>', 'rounds that count, after one of warm-up', wholeNumber(1, 100), defaults.rounds)
      .option('--jobs <n>', 'jobs of one run; over one connection a fifth', wholeNumber(10, 100_000), defaults.jobs)
      .option('--seconds <n>', 'begin no round past this time', wholeNumber(1, 3_600), defaults.timeLimitMs / 1_000),
  ).action(async ({ rounds, jobs, seconds, ...flags }: HttpFlags) => {
    const report = await runHttpBench({ rounds, jobs, timeLimitMs: seconds * 1_000 }, context);
    await showReport(context, flags, report, renderHttpSection(report));
  });
}
