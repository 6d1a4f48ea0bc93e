import { type Command, InvalidArgumentError } from 'commander';
import { payloadSizes } from '../put/put-plan.ts';
import { runTakeBench } from '../take/run-take-bench.ts';
import { type CaseChoice, casesOf, retentions, takeBenchDefaults, works } from '../take/take-plan.ts';
import { renderTakeSection } from '../take/take-report.ts';
import { installBunqueue } from '../bunqueue/install-bunqueue.ts';
import { addReportOptions, type BenchContext, type ReportFlags, showReport, wholeNumber } from './bench-command.ts';

type TakeFlags = {
  rounds: number;
  jobs: number;
  seconds: number;
  idleSamples: number;
  bunqueue?: boolean;
} & ReportFlags &
  CaseChoice;

const defaults = takeBenchDefaults;

export function addTakeCommand(program: Command, context: BenchContext): void {
  addReportOptions(
    program
      .command('take')
      .description('what it costs to take and complete jobs: jobs/s, Node and Redis CPU per job, three ways')
      .option('--bunqueue', 'install Bun and bunqueue, some 110 MB, once, and measure it as well')
      .option('--rounds <n>', 'rounds that count, after one of warm-up', wholeNumber(1, 100), defaults.rounds)
      .option('--jobs <n>', 'jobs of one run; with few slots less', wholeNumber(10, 100_000), defaults.jobs)
      .option('--seconds <n>', 'begin no round past this time', wholeNumber(1, 3_600), defaults.timeLimitMs / 1_000)
      .option('--idle-samples <n>', 'puts of a round on an idle queue', wholeNumber(1, 10_000), defaults.idleSamples)
      .option('--slots <list>', 'only these, such as 1,100: jobs that run at once', list(wholeNumber(1, 10_000)))
      .option('--work <list>', `only these: ${works.join(',')}`, list(oneOf(works)))
      .option('--payload <list>', `only these: ${payloadSizes.join(',')}`, list(oneOf(payloadSizes)))
      .option('--result <list>', 'only these: yes,no', list(oneOfPairs({ yes: true, no: false })))
      .option('--retention <list>', `only these: ${retentions.join(',')}`, list(oneOf(retentions))),
  )
    .addHelpText(
      'after',
      '\nWithout a list: a choice of cases that says most. With any: all combinations of the lists.\n',
    )
    .action(async ({ rounds, jobs, seconds, idleSamples, bunqueue, ...flags }: TakeFlags) => {
      const options = { rounds, jobs, timeLimitMs: seconds * 1_000, idleSamples, cases: casesOf(flags) };
      const install = bunqueue ? await installBunqueue(context.onProgress) : undefined;
      const report = await runTakeBench(options, context, install);
      await showReport(context, flags, report, renderTakeSection(report));
    });
}

/** Reads values with commas between them. */
function list<T>(read: (text: string) => T): (text: string) => readonly T[] {
  return (text) => text.split(',').map((part) => read(part.trim()));
}

function oneOf<const T extends string>(known: readonly T[]): (text: string) => T {
  return (text) => {
    const found = known.find((value) => value === text);
    if (found === undefined) throw new InvalidArgumentError(`It must be of ${known.join(', ')}.`);
    return found;
  };
}

function oneOfPairs<T>(pairs: Readonly<Record<string, T>>): (text: string) => T {
  const read = oneOf(Object.keys(pairs));
  return (text) => {
    const value = pairs[read(text)];
    if (value === undefined) throw new InvalidArgumentError(`It must be of ${Object.keys(pairs).join(', ')}.`);
    return value;
  };
}
