import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Which of the machine's CPUs runs what, as `taskset` writes lists: `0`, or `1,2,3`. */
export interface CpuPinning {
  /** Runs Redis, or what another contender keeps its jobs in, and nothing else of the bench. */
  readonly store: string;
  /** Run all other processes, with all their threads: the same for each contender. */
  readonly others: string;
}

/** Or why nothing is pinned, as the end of a sentence. */
export type Pinning = CpuPinning | string;

interface PinnedProcess {
  readonly pid: number;
  /** Where `taskset` is looked for: in this process's environment, unless another is given. */
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Takes one CPU from this process, for Redis, and so from all processes that it starts from now on: they inherit that. Redis is
 * started by it too, and moved to the CPU that was kept for it.
 */
export async function pinProcesses(own: PinnedProcess = { pid: process.pid }): Promise<Pinning> {
  try {
    const [store, ...others] = await cpusOf(own);
    if (store === undefined || others.length === 0) return 'this process may use one CPU only';
    const pinning: CpuPinning = { store, others: others.join(',') };
    await pinTo(pinning.others, own);
    return pinning;
  } catch (error) {
    if (isMissing(error)) return 'there is no taskset here (util-linux has it)';
    return `taskset failed (${error instanceof Error ? error.message.trim().replaceAll('\n', ' ') : String(error)})`;
  }
}

/** Moves a process, with the threads that it has and those that it will start. */
export async function pinTo(cpus: string, { pid, env }: PinnedProcess): Promise<void> {
  await taskset(['-a', '-c', '-p', cpus, String(pid)], env);
}

/** What a process is started with to run on these CPUs from its first moment on: a prefix of its command. */
export function prefixFor(cpus: string): readonly string[] {
  return ['taskset', '-c', cpus];
}

/** One sentence for people. */
export function describePinning(pinning: Pinning): string {
  if (typeof pinning === 'string') return `Nothing was pinned to CPUs: ${pinning}.`;
  return `Pinned: Redis on CPU ${pinning.store}, all other processes on CPU ${pinning.others}.`;
}

/** All CPUs on which it may run. */
async function cpusOf({ pid, env }: PinnedProcess): Promise<string[]> {
  const answer = await taskset(['-c', '-p', String(pid)], env);
  return cpusIn(answer.trim().split(' ').at(-1) ?? '');
}

/** The CPUs of a list such as `0-2,8`; `0-6:2` is every second one. */
export function cpusIn(list: string): string[] {
  return list
    .trim()
    .split(',')
    .flatMap((part) => {
      const [, first, last = first, step = '1'] = /^(\d+)(?:-(\d+))?(?::(\d+))?$/.exec(part) ?? [];
      if (first === undefined) throw new Error(`taskset names no CPUs in ${list}`);
      const count = Math.floor((Number(last) - Number(first)) / Number(step)) + 1;
      return Array.from({ length: count }, (_, n) => String(Number(first) + n * Number(step)));
    });
}

async function taskset(args: readonly string[], env: NodeJS.ProcessEnv | undefined): Promise<string> {
  const { stdout } = await promisify(execFile)('taskset', args, { ...(env && { env }) });
  return stdout;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
