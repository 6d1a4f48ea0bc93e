import { readFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { type AllReport, renderAllSection } from '../all/all-report.ts';
import { partNames, parts } from '../all/known-parts.ts';
import type { Part } from '../all/part.ts';
import { checkAgainst } from '../all/render-comparison.ts';
import { runAllBench } from '../all/run-all-bench.ts';
import { figuresOf } from '../benchmarks-page.ts';
import { type BunqueueInstall, installBunqueue } from '../bunqueue/install-bunqueue.ts';
import { addReportOptions, type BenchContext, type ReportFlags, showReport } from './bench-command.ts';

interface AllFlags extends ReportFlags {
  quick?: boolean;
  check?: boolean;
  bunqueue?: boolean;
}

export function addAllCommand(program: Command, context: BenchContext): void {
  const command = program.command('all');
  addReportOptions(
    command
      .description('one table of everything that BullMQ does as well, with the ratio to it')
      .argument('[parts...]', `of ${partNames.join(', ')}; all without`, addPart, parts)
      .option('--quick', 'few jobs, rounds and cases: two minutes')
      .option('--bunqueue', 'install Bun and bunqueue, some 110 MB, once, and measure it as well')
      .option('--check', 'compare the ratios with the saved ones, name what got worse, and then exit with 1'),
  ).action(async (chosen: readonly Part[], { quick = false, check, bunqueue, ...flags }: AllFlags) => {
    if (flags.save && chosen !== parts) command.error('error: --save keeps the figures of all parts, not of some');
    if (flags.save && quick)
      command.error('error: --save keeps the figures of all rounds and cases, not of the quick ones');
    const saved = check ? await savedReport() : undefined;
    const report = await runAllBench({ parts: chosen, quick, bunqueue: await peer(bunqueue, context) }, context);
    await showReport(context, flags, report, renderAllSection(report));
    if (saved) tell(command, context, checkAgainst(saved, report));
  });
}

/** bunqueue, or why there is none. */
async function peer(isWanted: boolean | undefined, { onProgress }: BenchContext): Promise<BunqueueInstall | string> {
  if (!isWanted) return 'it is with --bunqueue';
  try {
    return await installBunqueue(onProgress);
  } catch (error) {
    return `it could not be installed (${error instanceof Error ? error.message.trim().replaceAll('\n', ' ') : String(error)})`;
  }
}

async function savedReport(): Promise<AllReport> {
  return JSON.parse(await readFile(figuresOf('all'), 'utf8')) as AllReport;
}

function tell(
  command: Command,
  { onProgress }: BenchContext,
  { isWorse, text }: ReturnType<typeof checkAgainst>,
): void {
  if (isWorse) command.error(text, { exitCode: 1 });
  onProgress(text);
}

function addPart(name: string, before: readonly Part[]): readonly Part[] {
  const part = parts.find((known) => known.name === name);
  if (!part) throw new InvalidArgumentError(`It must be one of ${partNames.join(', ')}.`);
  return before === parts ? [part] : [...before, part];
}
