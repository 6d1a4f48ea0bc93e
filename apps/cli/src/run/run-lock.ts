import { execFile } from 'node:child_process';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A process, told from a later one with the same number by when it started. */
interface Owner {
  pid: number;
  startedAt: string;
}

const lockName = 'lock';

/**
 * Keeps two runs from working on one state folder at the same time. A lock whose process is gone, killed or not, is free.
 */
export class RunLock implements AsyncDisposable {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /** Null when another process has it; `owner` says which. */
  static async take(dir: string): Promise<{ lock: RunLock } | { ownerPid: number }> {
    const path = join(dir, lockName);
    const draft = `${path}.${process.pid}`;
    await writeFile(draft, JSON.stringify({ pid: process.pid, startedAt: await startOf(process.pid) } satisfies Owner));
    try {
      while (!(await linked(draft, path))) {
        const owner = await readOwner(path);
        if (owner && (await startOf(owner.pid)) === owner.startedAt) return { ownerPid: owner.pid };
        await removeStale(path, draft);
      }
      return { lock: new RunLock(path) };
    } finally {
      await rm(draft, { force: true });
    }
  }

  async release(): Promise<void> {
    await rm(this.#path, { force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }
}

/** `link` makes the lock with its content in one step, and fails when there is one. */
async function linked(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Two processes may find the same stale lock: the one that comes late must not take away the new lock of the other. */
async function removeStale(path: string, draft: string): Promise<void> {
  const aside = `${draft}.stale`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const owner = await readOwner(aside);
  if (owner && (await startOf(owner.pid)) === owner.startedAt) await linked(aside, path);
  await rm(aside, { force: true });
}

async function readOwner(path: string): Promise<Owner | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Owner;
  } catch {
    return null;
  }
}

/** When a process started, in whatever form the system tells it; an empty string when there is no such process. */
async function startOf(pid: number): Promise<string> {
  if (process.platform === 'linux') {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    // Field 22, counted behind the command name, which may hold spaces and brackets. A zombie (Z) holds nothing any more.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? '' : (fields[19] ?? '');
  }
  const listed = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return listed.stdout.trim();
}
