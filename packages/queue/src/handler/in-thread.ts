import { DefinitionError, type JobContract } from '@sluice/shared';

/** What `inThread` chooses when nobody else does. docs/defaults.md lists it. */
export const threadDefaults = {
  /** How much memory a thread may hold, garbage and buffers included, before it is ended: 512 MiB. */
  memoryMaxBytes: 512 * 2 ** 20,
  /** How long a thread may take to start and to load the handler's module. */
  startMs: 10_000,
  /** How long a thread without work is kept. */
  idleMs: 30_000,
} as const;

export interface ThreadOptions {
  /** The most threads, 1 to 1,000. Default: as many as the pool has slots, at most as many as there are CPUs. */
  threads?: number;
  /**
   * How many bytes a thread may hold, garbage and buffers included, from 32 MiB. Default 512 MiB. A thread that holds more
   * is ended, and its attempt fails with `JobThreadDiedError`.
   */
  memoryMaxBytes?: number;
  /** How long a thread may take to start and to load the module, in ms from 1. Default 10,000. */
  startMs?: number;
  /** How long a thread without work is kept, in ms from 0. Default 30,000. */
  idleMs?: number;
  /** Options of Node for the threads, such as `['--conditions=…']`. Default: those of the process. */
  execArgv?: readonly string[];
}

export interface ResolvedThreadOptions {
  readonly threads: number | null;
  readonly memoryMaxBytes: number;
  readonly startMs: number;
  readonly idleMs: number;
  readonly execArgv: readonly string[] | null;
}

/** A contract and the module whose handler runs its jobs, in threads. Made by {@link inThread}. */
export interface ThreadHandler<C extends JobContract = JobContract> {
  readonly contract: C;
  /** A `file:` URL. */
  readonly moduleUrl: string;
  readonly options: ResolvedThreadOptions;
}

/**
 * A handler for work that burns CPU: it runs in a worker thread, which is ended for real when the handler does not heed its
 * signal. It stands in a pool's registry beside plain ones.
 *
 * @param moduleUrl of a module whose `default` or `handler` export is `defineHandler(contract, …)`; such as
 *   `import.meta.resolve('#handlers/page-digest')`. It is loaded in the threads, when the first job comes.
 * @throws DefinitionError when the URL is no `file:` URL, or an option is out of its range
 */
export function inThread<C extends JobContract>(
  contract: C,
  moduleUrl: string | URL,
  options: ThreadOptions = {},
): ThreadHandler<C> {
  const resolved: ResolvedThreadOptions = Object.freeze({
    threads: options.threads ?? null,
    memoryMaxBytes: options.memoryMaxBytes ?? threadDefaults.memoryMaxBytes,
    startMs: options.startMs ?? threadDefaults.startMs,
    idleMs: options.idleMs ?? threadDefaults.idleMs,
    execArgv: options.execArgv ?? null,
  });
  const url = String(moduleUrl);
  const problems = problemsOf(url, resolved);
  if (problems.length > 0) throw new DefinitionError(`thread of ${contract.name}: ${problems.join('; ')}`);
  return Object.freeze({ contract, moduleUrl: url, options: resolved });
}

const MEMORY_LEAST_BYTES = 32 * 2 ** 20;

function problemsOf(moduleUrl: string, options: ResolvedThreadOptions): string[] {
  const { threads, memoryMaxBytes, startMs, idleMs } = options;
  const checks: [boolean, string][] = [
    [moduleUrl.startsWith('file:') && URL.canParse(moduleUrl), 'the module must be given as a file: URL'],
    [threads === null || (Number.isSafeInteger(threads) && threads >= 1 && threads <= 1_000), 'threads: 1 to 1,000'],
    [memoryMaxBytes >= MEMORY_LEAST_BYTES, 'memoryMaxBytes must be at least 33,554,432'],
    [startMs >= 1 && startMs <= 600_000, 'startMs must be 1 to 600,000'],
    [idleMs >= 0 && idleMs <= 86_400_000, 'idleMs must be 0 to 86,400,000'],
  ];
  return checks.filter(([holds]) => !holds).map(([, problem]) => problem);
}
