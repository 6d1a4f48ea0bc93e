import { type Command, InvalidArgumentError } from 'commander';
import { renderControlSection } from '../control/control-report.ts';
import type { ControlRow } from '../control/control-row.ts';
import { controlRowNames, controlRows } from '../control/known-rows.ts';
import { controlBenchDefaults, runControlBench } from '../control/run-control-bench.ts';
import { addReportOptions, type BenchContext, type ReportFlags, showReport, wholeNumber } from './bench-command.ts';

interface ControlFlags extends ReportFlags {
  rounds: number;
  quick?: boolean;
}

export function addControlCommand(program: Command, context: BenchContext): void {
  const command = program.command('control');
  addReportOptions(
    command
      .description("the operator's side: what it costs to cancel, replay, limit, deduplicate and the like")
      .argument('[rows...]', `of ${controlRowNames.join(', ')}; all without`, addRow, controlRows)
      .option(
        '--rounds <n>',
        'rounds that count, after one of warm-up',
        wholeNumber(1, 100),
        controlBenchDefaults.rounds,
      )
      .option('--quick', 'smaller sizes in the rows that have several: growth, queues'),
  ).action(async (rows: readonly ControlRow[], { rounds, quick = false, ...flags }: ControlFlags) => {
    if (flags.save && quick) command.error('error: --save keeps the figures of all sizes, not of the small ones');
    for await (const report of runControlBench({ rows, rounds, quick }, context)) {
      const section = renderControlSection(report);
      await showReport(context, flags, report, section);
    }
  });
}

function addRow(name: string, before: readonly ControlRow[]): readonly ControlRow[] {
  const row = controlRows.find((known) => known.name === name);
  if (!row) throw new InvalidArgumentError(`It must be one of ${controlRowNames.join(', ')}.`);
  return before === controlRows ? [row] : [...before, row];
}
