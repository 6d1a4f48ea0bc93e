import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { putBenchDefaults } from '../put/put-plan.ts';
import { renderPutSection } from '../put/put-section.ts';
import { runPutBench } from '../put/run-put-bench.ts';
import { benchmarksPage, putFigures, replaceSection } from '../benchmarks-page.ts';
import type { BenchContext } from './bench-context.ts';
import { wholeNumber } from './whole-number.ts';

interface PutFlags {
  rounds: number;
  jobs: number;
  seconds: number;
  json?: true;
  save?: true;
}

export function addPutCommand(program: Command, context: BenchContext): void {
  program
    .command('put')
    .description('what it costs to bring jobs into a queue: jobs/s, Node and Redis CPU per job, six ways')
    .option('--rounds <n>', 'rounds that count, after one of warm-up', wholeNumber(1, 100), putBenchDefaults.rounds)
    .option('--jobs <n>', 'jobs of one run; one at a time a fifth', wholeNumber(10, 100_000), putBenchDefaults.jobs)
    .option(
      '--seconds <n>',
      'begin no round past this time',
      wholeNumber(1, 3_600),
      putBenchDefaults.timeLimitMs / 1_000,
    )
    .option('--json', 'print the figures as JSON')
    .option('--save', 'keep the figures and renew docs/benchmarks.md')
    .action(async ({ rounds, jobs, seconds, json, save }: PutFlags) => {
      const report = await runPutBench({ rounds, jobs, timeLimitMs: seconds * 1_000 }, context);
      context.print(json ? JSON.stringify(report, null, 2) : renderPutSection(report));
      if (!save) return;
      await writeFile(putFigures, `${JSON.stringify(report, null, 2)}\n`);
      await replaceSection(benchmarksPage, 'put', renderPutSection(report));
    });
}
