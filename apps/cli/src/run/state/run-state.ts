import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FolderLease, isLeaseFile, type LeaseOwner } from '@sluice/local-redis';
import { z } from 'zod';
import { UsageError } from '../../cli-errors.ts';
import { findRedisData, isRedisData } from '../redis/redis-data.ts';
import { differences, type RunIdentity } from './run-identity.ts';
import { bodyModes } from '../run-options.ts';

const storedRun = z.strictObject({
  version: z.literal(1),
  runId: z.string().regex(/^[a-z0-9]{12}$/),
  identity: z.strictObject({
    input: z.string(),
    out: z.string(),
    timeoutMs: z.int(),
    attempts: z.int(),
    body: z.enum(bodyModes),
    allowPrivate: z.boolean(),
  }),
  /** How far the results that failed in an earlier run are dropped, to be fetched again; absent when they are kept. */
  failed: z.enum(['dropping', 'dropped']).optional(),
  /** Host, port and database of the Redis that was given; null for the run's own. Never a password. */
  redis: z.string().nullable(),
});

/** What is kept of a run: enough to find its queue again, and to know whether a command is the same one. */
export type StoredRun = z.output<typeof storedRun>;

const RECORD_FILE = 'run.json';
/** All that a run may leave in its folder. A folder with anything else in it is another program's. */
const OWN_FILES = /^(run\.json(\.new)?|lock(\..+)?)$/;

export function newRunId(): string {
  return randomBytes(8).readBigUInt64LE().toString(36).padStart(13, '0').slice(-12);
}

/** The run that a state folder holds, or null when there is no such folder or nothing was begun in it. */
export async function readStoredRun(dir: string): Promise<StoredRun | 'broken' | null> {
  const text = await readFile(join(dir, RECORD_FILE), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw new UsageError(`the state folder ${dir} cannot be read: ${error.message}`, { cause: error });
  });
  if (text === null) return null;
  return storedRun.safeParse(parseJson(text)).data ?? 'broken';
}

/**
 * Refuses a command that is not the one that began the run.
 *
 * @throws UsageError with what differs and the two ways on.
 */
export function requireSameRun(stored: StoredRun, identity: RunIdentity, redis: string | null, dir: string): void {
  const differing = differences(stored.identity, identity);
  if (stored.redis !== redis) {
    differing.push(`--redis: ${stored.redis ?? 'none'} then, ${redis ?? 'none'} now`);
  }
  if (differing.length === 0) return;
  throw new UsageError(
    `an unfinished run that is kept in ${dir} was another one:\n${differing.map((line) => `  ${line}`).join('\n')}\n` +
      `Either go on with the list and the options of then, or start over with --restart (it deletes the results so far).`,
  );
}

/** The folder of a run, for this process alone. */
export class RunState {
  readonly dir: string;
  /** Where the run's own Redis keeps its data. */
  readonly redisDir: string;
  readonly #lease: FolderLease;
  #removed = false;

  private constructor(lease: FolderLease, redisDir: string) {
    this.dir = lease.dir;
    this.#lease = lease;
    this.redisDir = redisDir;
  }

  /**
   * Makes the folder (0700) if need be, and takes its lease.
   *
   * @throws UsageError when another run is at work in it, it holds other things, or cannot be made.
   */
  static async open(dir: string, note: (line: string) => void = () => undefined): Promise<RunState> {
    await makeFolder(dir);
    const onWatch = ({ pid, host }: LeaseOwner): void =>
      note(
        `waiting to see whether the run of ${pid === null ? 'another process' : `process ${pid} on ${host}`} is at work`,
      );
    try {
      const taken = await FolderLease.take(dir, { onWatch });
      if ('owner' in taken) throw atWork(taken.owner);
      return new RunState(taken.lease, await findRedisData(taken.lease));
    } catch (error) {
      if (error instanceof UsageError) throw error;
      throw new UsageError(`the state folder ${dir} cannot be used: ${(error as Error).message}`, { cause: error });
    }
  }

  /** Rejects when another process has taken the run over, because this one stood still for too long; never resolves. */
  get lost(): Promise<never> {
    return this.#lease.lost;
  }

  /**
   * To be called before what only the owner of the run may do.
   *
   * @throws FolderLeaseLostError
   */
  confirm(): Promise<void> {
    return this.#lease.confirm();
  }

  async write(run: StoredRun): Promise<void> {
    const path = join(this.dir, RECORD_FILE);
    await writeFile(`${path}.new`, `${JSON.stringify(run)}\n`, { mode: 0o600 });
    await rename(`${path}.new`, path);
  }

  /** Forgets the run. The record goes last, so that a removal that was cut short is done again. */
  async clear(): Promise<void> {
    await rm(this.redisDir, { recursive: true, force: true });
    await rm(join(this.dir, RECORD_FILE), { force: true });
  }

  /** Clears and removes the folder. */
  async remove(): Promise<void> {
    await this.confirm();
    await this.clear();
    await this.#removeFolder();
  }

  /** Lets another run have the folder, which goes when nothing is in it. */
  async release(): Promise<void> {
    if (this.#removed) return;
    const rest = await readdir(this.dir).catch(() => []);
    if (rest.every(isLeaseFile) && (await this.#isOurs())) await this.#removeFolder();
    else await this.#lease.end();
  }

  async #isOurs(): Promise<boolean> {
    return this.confirm().then(
      () => true,
      () => false,
    );
  }

  /** In one step, while the lease is held: what another process makes there meanwhile is not removed with it. */
  async #removeFolder(): Promise<void> {
    const aside = `${this.dir}.${newRunId()}`;
    this.#removed = true;
    try {
      await rename(this.dir, aside);
    } catch {
      // A mount point cannot be moved: an ended lease may stay in it.
      return this.#lease.end();
    }
    await this.#lease.end();
    await rm(aside, { recursive: true, force: true });
  }
}

function atWork({ pid, host }: LeaseOwner): UsageError {
  const who = pid === null ? '' : ` (process ${pid}${host === null ? '' : ` on ${host}`})`;
  return new UsageError(`another run${who} is at work on it. Wait for its end, or name another file with -o.`);
}

async function makeFolder(dir: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const strangers = (await readdir(dir)).filter((name) => !isOwnName(name));
    if (strangers.length === 0) return;
    throw new UsageError(
      `the state folder ${dir} holds other things, such as ${strangers[0]}. Name another with --state.`,
    );
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const isFile = await stat(dir).then(
      (found) => !found.isDirectory(),
      () => false,
    );
    throw new UsageError(`the state folder ${dir} cannot be made: ${isFile ? 'it is a file' : String(error)}`, {
      cause: error,
    });
  }
}

function isOwnName(name: string): boolean {
  return OWN_FILES.test(name) || isLeaseFile(name) || isRedisData(name);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
