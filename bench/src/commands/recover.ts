import type { Command } from 'commander';
import { renderRecoverSection } from '../recover/recover-report.ts';
import { recoverBenchDefaults, runRecoverBench } from '../recover/run-recover-bench.ts';
import { addReportOptions, type BenchContext, type ReportFlags, showReport, wholeNumber } from './bench-command.ts';

interface RecoverFlags extends ReportFlags {
  kills: number;
  hung: number;
}

const defaults = recoverBenchDefaults;

export function addRecoverCommand(program: Command, context: BenchContext): void {
  addReportOptions(
    program
      .command('recover')
      .description("how soon a killed worker's job runs elsewhere, and a hung handler's slot is free")
      .option('--kills <n>', 'workers to kill, four at a time', wholeNumber(1, 100), defaults.kills)
      .option('--hung <n>', 'slots of hung handlers to see freed', wholeNumber(1, 1_000), defaults.hung),
  ).action(async ({ kills, hung, ...flags }: RecoverFlags) => {
    const report = await runRecoverBench({ kills, hung }, context);
    await showReport(context, flags, report, renderRecoverSection(report));
  });
}
