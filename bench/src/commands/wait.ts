import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { benchmarksPage, replaceSection, waitFigures } from '../benchmarks-page.ts';
import { runWaitBench, waitBenchDefaults } from '../wait/run-wait-bench.ts';
import { renderWaitSection } from '../wait/wait-section.ts';
import type { BenchContext } from './bench-context.ts';
import { wholeNumber } from './whole-number.ts';

interface WaitFlags {
  samples: number;
  flood: number;
  json?: true;
  save?: true;
}

export function addWaitCommand(program: Command, context: BenchContext): void {
  program
    .command('wait')
    .description('how soon a waiting put gets a freed room, in what order, and what waiting costs')
    .option('--samples <n>', 'rooms freed per measurement', wholeNumber(10, 10_000), waitBenchDefaults.samples)
    .option('--flood <n>', 'jobs of the flood', wholeNumber(1_000, 10_000_000), waitBenchDefaults.floodJobs)
    .option('--json', 'print the figures as JSON')
    .option('--save', 'keep the figures and renew docs/benchmarks.md')
    .action(async ({ samples, flood, json, save }: WaitFlags) => {
      const report = await runWaitBench({ ...waitBenchDefaults, samples, floodJobs: flood }, context);
      context.print(json ? JSON.stringify(report, null, 2) : renderWaitSection(report));
      if (!save) return;
      await writeFile(waitFigures, `${JSON.stringify(report, null, 2)}\n`);
      await replaceSection(benchmarksPage, 'wait', renderWaitSection(report));
    });
}
