import type { Command } from 'commander';
import { saveFigures } from '../benchmarks-page.ts';
import { renderRecoverSection } from '../recover/recover-section.ts';
import { recoverBenchDefaults, runRecoverBench } from '../recover/run-recover-bench.ts';
import type { BenchContext } from './bench-context.ts';
import { wholeNumber } from './whole-number.ts';

interface RecoverFlags {
  kills: number;
  hung: number;
  json?: true;
  save?: true;
}

const defaults = recoverBenchDefaults;

export function addRecoverCommand(program: Command, context: BenchContext): void {
  program
    .command('recover')
    .description("how soon a killed worker's job runs elsewhere, and a hung handler's slot is free")
    .option('--kills <n>', 'workers to kill, four at a time', wholeNumber(1, 100), defaults.kills)
    .option('--hung <n>', 'slots of hung handlers to see freed', wholeNumber(1, 1_000), defaults.hung)
    .option('--json', 'print the figures as JSON')
    .option('--save', 'keep the figures and renew docs/benchmarks.md')
    .action(async ({ kills, hung, json, save }: RecoverFlags) => {
      const report = await runRecoverBench({ kills, hung }, context);
      const section = renderRecoverSection(report);
      context.print(json ? JSON.stringify(report, null, 2) : section);
      if (save) await saveFigures('recover', report, section);
    });
}
