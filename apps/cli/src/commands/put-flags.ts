import type { Dedupe, PutOptions } from '@sluice/queue';
import { limits, parseJobId } from '@sluice/queue/contracts';
import { InvalidArgumentError, type Command, Option } from 'commander';
import { UsageError } from '../cli-errors.ts';
import { count, duration } from './option-values.ts';

/** The options of a put, as the command line has them. */
export interface JobFlags {
  id?: string;
  delay?: number;
  priority?: number;
  lifo?: true;
  dedupeKey?: string;
  dedupeMode?: Dedupe['mode'];
  dedupeFor?: number;
  attempts?: number;
  timeout?: number;
  wait?: number;
}

const modes: readonly Dedupe['mode'][] = ['first', 'throttle', 'debounce', 'latest'];

export function addJobOptions(command: Command): Command {
  return command
    .option('--id <id>', 'id of the job: put again, it adds nothing')
    .option('--id-field <name>', 'of lines: the member of the payload that is the id of the job')
    .option('--delay <duration>', 'start no earlier than this, such as 30s or 2h', duration(0, limits.delayMaxMs))
    .option('--priority <n>', '1 is most urgent; none comes before all', count(1, limits.priorityMax))
    .option('--lifo', 'go before all that wait without a priority')
    .option('--dedupe-key <key>', 'puts with the same key become one job')
    .option('--dedupe-field <name>', 'of lines: the member of the payload that is the key')
    .addOption(new Option('--dedupe-mode <mode>', 'how they do (default: first)').choices(modes))
    .option(
      '--dedupe-for <duration>',
      'for how long, with throttle and debounce, such as 30s or 2h',
      duration(1, limits.delayMaxMs),
    )
    .option('--attempts <n>', 'how often the job may be tried', count(1, limits.attemptsMax))
    .option('--timeout <duration>', 'deadline of each attempt', duration(1, 86_400_000))
    .addOption(
      new Option(
        '--wait <duration>',
        'how long to wait for capacity, or forever (default: 30s; of lines: forever)',
      ).argParser(waitTime),
    );
}

/** The options that the flags ask for. */
export function putOptionsOf(flags: JobFlags): PutOptions {
  const { id, delay, priority, lifo, dedupeKey, attempts, timeout, wait } = flags;
  return {
    ...(id !== undefined && { id: parseJobId(id) }),
    ...(delay !== undefined && { delayMs: delay }),
    ...(priority !== undefined && { priority }),
    ...(lifo && { lifo }),
    ...(dedupeKey !== undefined && { dedupe: dedupeOf(dedupeKey, flags) }),
    ...(attempts !== undefined && { attempts }),
    ...(timeout !== undefined && { timeoutMs: timeout }),
    ...(wait !== undefined && { waitMs: wait }),
  };
}

/** @throws UsageError when the mode and the time do not go together */
export function dedupeOf(key: string, { dedupeMode: mode = 'first', dedupeFor: forMs }: JobFlags): Dedupe {
  if (mode === 'throttle' || mode === 'debounce') {
    if (forMs === undefined) throw new UsageError(`--dedupe-mode ${mode} needs --dedupe-for, such as 30s`);
    return { key, mode, forMs };
  }
  if (forMs !== undefined) {
    throw new UsageError(`--dedupe-for is for throttle and debounce; with ${mode}, the key lasts until the job ends`);
  }
  return { key, mode };
}

const forAnyTime = duration(0, 2_147_483_647);

/** @throws InvalidArgumentError for what is neither a duration nor `forever` */
export function waitTime(text: string): number {
  if (text === 'forever') return Infinity;
  try {
    return forAnyTime(text);
  } catch {
    throw new InvalidArgumentError('It must be a duration with its unit, such as 500ms, 30s or 5m, or forever.');
  }
}
