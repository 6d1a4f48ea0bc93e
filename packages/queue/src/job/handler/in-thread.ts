import { checkOptions } from '../options/check-options.ts';
import { DefinitionError } from '../errors/index.ts';
import { type JobContract } from '../contracts/job-contract.ts';
import * as optionRule from '../options/option-rules.ts';
import { type OptionRules } from '../options/option-rules.ts';
import { checkContract } from './handler.ts';

/** What `inThread` uses when no option says otherwise. docs/defaults.md lists it. */
export const threadDefaults = {
  /** How much memory a thread may hold, garbage and buffers included, before it is ended: 512 MiB. */
  memoryMaxBytes: 512 * 2 ** 20,
  /** How long a thread may take to start and to load the handler's module. */
  startMs: 10_000,
  /** How long a thread without work is kept. */
  idleMs: 30_000,
} as const;

export interface ThreadOptions {
  /**
   * The most threads, 1 to 1,000.
   *
   * @default as many as the pool has slots, at most as many as there are CPUs
   */
  threads?: number;
  /**
   * How many bytes a thread may hold, garbage and buffers included, from 32 MiB. A thread that holds more
   * is ended, and its attempt fails with `JobThreadDiedError`.
   *
   * @default 512 MiB
   */
  memoryMaxBytes?: number;
  /**
   * How long a thread may take to start and to load the module, in ms from 1.
   *
   * @default 10_000
   */
  startMs?: number;
  /**
   * How long a thread without work is kept, in ms from 0.
   *
   * @default 30_000
   */
  idleMs?: number;
  /**
   * Options of Node for the threads, such as `['--conditions=…']`.
   *
   * @default those of the process
   */
  execArgv?: readonly string[];
}

interface ResolvedThreadOptions {
  readonly threads: number | null;
  readonly memoryMaxBytes: number;
  readonly startMs: number;
  readonly idleMs: number;
  readonly execArgv: readonly string[] | null;
}

/** A contract and the module whose handler runs its jobs, in threads. Made by {@link inThread}. */
export interface ThreadHandler<C extends JobContract = JobContract> {
  /** Whose jobs it runs. */
  readonly contract: C;
  /** A `file:` URL. */
  readonly moduleUrl: string;
  /** With the defaults; null where the pool decides. */
  readonly options: ResolvedThreadOptions;
}

const { wholeNumber } = optionRule;

const threadRules = {
  threads: wholeNumber(1, 1_000),
  memoryMaxBytes: wholeNumber(32 * 2 ** 20),
  startMs: wholeNumber(1, 600_000),
  idleMs: wholeNumber(0, 86_400_000),
  execArgv: { must: 'be a list of strings', holds: isListOfText },
} satisfies OptionRules<ThreadOptions>;

/**
 * A handler for CPU-bound work: it runs in a worker thread, which is ended by force if the handler ignores its
 * signal. A pool's registry may have such handlers and plain ones.
 *
 * @param moduleUrl of a module whose `default` or `handler` export is `defineHandler(contract, …)`; such as
 *   `import.meta.resolve('#handlers/page-digest')`. It is loaded in the threads, when the first job comes.
 * @throws DefinitionError when the URL is no `file:` URL, or an option is out of its range, or unknown
 */
export function inThread<C extends JobContract>(
  contract: C,
  moduleUrl: string | URL,
  options: ThreadOptions = {},
): ThreadHandler<C> {
  checkContract('inThread', contract);
  const where = `thread of ${contract.name}`;
  checkOptions(where, threadRules, options, DefinitionError);
  const url = String(moduleUrl);
  if (!url.startsWith('file:') || !URL.canParse(url)) {
    throw new DefinitionError(`${where}: the module must be given as a file: URL`);
  }
  const resolved: ResolvedThreadOptions = Object.freeze({
    threads: options.threads ?? null,
    memoryMaxBytes: options.memoryMaxBytes ?? threadDefaults.memoryMaxBytes,
    startMs: options.startMs ?? threadDefaults.startMs,
    idleMs: options.idleMs ?? threadDefaults.idleMs,
    execArgv: options.execArgv ?? null,
  });
  return Object.freeze({ contract, moduleUrl: url, options: resolved });
}

function isListOfText(value: unknown): boolean {
  return Array.isArray(value) && value.every((part) => typeof part === 'string');
}
