import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stopOnSignals } from '@sluice/service';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { chaos, type ChaosResult } from './chaos.ts';
import { type Tolerable, tolerables } from './checkers/tolerances.ts';
import { describePlan } from './plan/describe-plan.ts';
import { makePlan } from './plan/make-plan.ts';
import { describeResult } from './report/describe-result.ts';

interface Flags {
  minutes: number;
  seed: { first: number; last: number };
  producers: number;
  workers: number;
  operators: number;
  plan?: true;
  tolerate: Tolerable[];
}

/** 0: nothing found. 1: a rule is broken. 2: a wrong command line. 3: the run itself failed. 130: interrupted. */
const exitCodes = { fine: 0, found: 1, usage: 2, failed: 3, interrupted: 130 };

const interrupted = new AbortController();
stopOnSignals(process, {
  signals: ['SIGINT', 'SIGTERM', 'SIGHUP'],
  onFirst: () => interrupted.abort(new Error('interrupted')), // the children are ended in order
  secondExitCode: exitCodes.interrupted,
});

const program = new Command('chaos')
  .description(
    'Kills, stops, restarts and cuts off producers, workers and Redis, and checks from their records that nothing broke.',
  )
  .option('--minutes <n>', 'how long faults are injected, for each seed', minutes, 3)
  .option('--seed <n|n..m>', 'which plan, or a range of plans', seeds, { first: 1, last: 1 })
  .option('--producers <n>', 'producer processes', count, 3)
  .option('--workers <n>', 'worker processes', count, 3)
  .option('--operators <n>', 'processes that give orders: cancel, replay, pause and the like', count, 1)
  .option('--plan', 'print the plan and do nothing')
  .addOption(
    new Option('--tolerate <reason...>', 'faults after which a living worker may lose a job')
      .choices([...tolerables])
      .default([], 'none'),
  )
  .helpOption('-h, --help', 'print help')
  .exitOverride()
  .showHelpAfterError('(add --help for help)')
  .addHelpText('after', '\nExamples:\n  $ pnpm chaos --minutes 3 --seed 1..20\n  $ pnpm chaos --seed 7 --plan\n')
  .action(run);

async function run(flags: Flags): Promise<void> {
  for (let seed = flags.seed.first; seed <= flags.seed.last; seed += 1) {
    interrupted.signal.throwIfAborted();
    if (!(await runSeed(seed, flags))) process.exitCode = exitCodes.found;
  }
}

/** @returns whether nothing was found */
async function runSeed(
  seed: number,
  { minutes: long, producers, workers, operators, plan, tolerate }: Flags,
): Promise<boolean> {
  const planOptions = { seed, durationMs: long * 60_000, producers, workers, operators };
  console.log(`seed ${seed}: ${long} min, ${producers} producers, ${workers} workers, ${operators} operators`);
  console.log(describePlan(makePlan(planOptions)));
  if (plan) return true;
  const dir = await mkdtemp(join(tmpdir(), 'sluice-chaos-'));
  let keeps = false;
  try {
    const onProgress = (line: string): void => console.error(line);
    const result = await chaos({ ...planOptions, dir, signal: interrupted.signal, onProgress }, tolerate);
    console.log(
      `\n${describeResult(result, commandOf(seed, { minutes: long, producers, workers, operators, tolerate }))}\n`,
    );
    keeps = result.ruleResults.some(({ violations }) => violations.length > 0);
    if (keeps) console.log(`records: ${await keepRecords(result, dir)}\n`);
    return !keeps;
  } finally {
    if (!keeps) await rm(dir, { recursive: true, force: true });
  }
}

/** Writes what was read from Redis's log into the folder of the history. */
async function keepRecords({ run: { queueLog }, ruleResults }: ChaosResult, dir: string): Promise<string> {
  await writeFile(join(dir, 'queue-log.json'), JSON.stringify(queueLog));
  await writeFile(join(dir, 'ruleResults.json'), JSON.stringify(ruleResults));
  return dir;
}

function commandOf(
  seed: number,
  { minutes: long, producers, workers, operators, tolerate }: Omit<Flags, 'seed' | 'plan'>,
): string {
  const tolerating = tolerate.length > 0 ? ` --tolerate ${tolerate.join(' ')}` : '';
  return `pnpm chaos --minutes ${long} --seed ${seed} --producers ${producers} --workers ${workers} --operators ${operators}${tolerating}`;
}

function minutes(text: string): number {
  const value = Number(text);
  if (value >= 0.1 && value <= 120) return value;
  throw new InvalidArgumentError('It must be a number from 0.1 to 120.');
}

function count(text: string): number {
  if (/^\d{1,2}$/.test(text) && Number(text) >= 1 && Number(text) <= 32) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 1 to 32.');
}

function seeds(text: string): { first: number; last: number } {
  const [, first, last = first] = /^(\d{1,9})(?:\.\.(\d{1,9}))?$/.exec(text) ?? [];
  if (first !== undefined && Number(first) <= Number(last)) return { first: Number(first), last: Number(last) };
  throw new InvalidArgumentError('It must be a whole number, or two as in 1..20.');
}

try {
  await program.parseAsync(process.argv.slice(2), { from: 'user' });
} catch (error) {
  process.exitCode = exitCodeOf(error);
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.fine : exitCodes.usage;
  if (interrupted.signal.aborted) {
    console.error('chaos: interrupted');
    return exitCodes.interrupted;
  }
  console.error(`chaos: ${error instanceof Error ? error.stack : String(error)}`);
  return exitCodes.failed;
}
