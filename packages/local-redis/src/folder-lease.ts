import { setTimeout as sleep } from 'node:timers/promises';
import {
  createNextLease,
  leasePath,
  listLeases,
  parseLease,
  readLease,
  rewriteLease,
  type LeaseRecord,
} from './lease-file.ts';
import { FolderLeaseLostError } from './local-redis-errors.ts';
import { identifyProcess, whereaboutsOf, type ProcessIdentity } from './process-identity.ts';

export interface FolderLeaseOptions {
  /**
   * How often the owner writes a heartbeat, in milliseconds.
   *
   * @default 2_000
   */
  readonly beatMs?: number;
  /**
   * An owner on another host or in another container that writes no heartbeat for this many milliseconds counts as dead. It
   * must be the same for all processes that share a folder.
   *
   * @default 15_000
   */
  readonly silentMs?: number;
  /**
   * Called before such an owner is watched, which takes up to `silentMs`.
   *
   * @default nothing
   */
  readonly onWatch?: (owner: LeaseOwner) => void;
}

/** The process that has a lease. */
export interface LeaseOwner {
  /** Its process number; null while it is only just taking the lease. */
  readonly pid: number | null;
  /** The host or container of its process number; null when that is this one. */
  readonly host: string | null;
}

/**
 * What happened to the previous owner: it released the lease, its process is gone, or it was silent. A silent one may wake
 * up, and notices only then that it has lost the lease.
 */
export type EarlierOwner = 'none' | 'ended' | 'dead' | 'silent';

/**
 * The right to work in a folder, for one process at a time, over containers and hosts that share it.
 *
 * Leases are numbered, each has a file, and the highest number holds: a process that finds lease n ended, dead or silent makes n + 1,
 * which only one can, and then looks whether n is still what it was. The highest file is never deleted by another, so no number
 * comes twice. It needs nothing of the file system but that a file can be made by one only: no hard links, no locks, no
 * clocks that agree.
 */
export class FolderLease {
  /** The folder. */
  readonly dir: string;
  /** What became of the owner before this one. */
  readonly earlierOwner: EarlierOwner;
  /** The last lease of the folder that was taken over from a silent owner, which may wake up; 0 when none was. */
  readonly silentBefore: number;
  /** Rejects with FolderLeaseLostError when another process has taken it over; never resolves. */
  readonly lost: Promise<never>;
  readonly #number: number;
  readonly #silentMs: number;
  readonly #loss: PromiseWithResolvers<never> = Promise.withResolvers();
  readonly #timer: NodeJS.Timeout;
  #record: LeaseRecord;
  #confirmed = readClocks();
  #beating: Promise<void> | null = null;
  #failure: FolderLeaseLostError | null = null;
  #ended = false;

  private constructor(
    dir: string,
    { number, record }: { number: number; record: LeaseRecord },
    earlierOwner: EarlierOwner,
    { beatMs, silentMs }: Required<FolderLeaseOptions>,
  ) {
    this.dir = dir;
    this.#number = number;
    this.silentBefore = record.silentBefore;
    this.earlierOwner = earlierOwner;
    this.lost = this.#loss.promise;
    this.lost.catch(() => undefined);
    this.#record = record;
    this.#silentMs = silentMs;
    this.#timer = setInterval(() => void this.#beat().catch(() => undefined), beatMs);
    this.#timer.unref();
  }

  /**
   * Takes the lease, or says who has it. Waits up to `silentMs` for a heartbeat of an owner that cannot be looked at.
   *
   * @param self who takes it
   * @throws what the file system throws
   */
  static async take(
    dir: string,
    { beatMs = 2_000, silentMs = 15_000, onWatch = () => undefined }: FolderLeaseOptions = {},
    self?: ProcessIdentity,
  ): Promise<{ lease: FolderLease } | { owner: LeaseOwner }> {
    const options = { beatMs, silentMs, onWatch };
    const identity = self ?? (await identifyProcess());
    for (;;) {
      const number = Math.max(0, ...(await listLeases(dir)));
      const text = number === 0 ? '' : await readLease(leasePath(dir, number));
      if (text === null) continue;
      const found = number === 0 ? 'none' : await judge(leasePath(dir, number), text, options);
      if (found === 'changed') continue;
      if (typeof found === 'object') return { owner: found };
      const next = await createNextLease(dir, { number, text, wasSilent: found === 'silent' }, identity);
      if (next !== null) return { lease: new FolderLease(dir, next, found, options) };
    }
  }

  /**
   * Resolves while the lease is held for certain: at once when it was confirmed a moment ago. To be called before what only
   * the owner may do, because a process may have stood still for any time.
   *
   * @throws FolderLeaseLostError
   */
  async confirm(): Promise<void> {
    if (this.#failure) throw this.#failure;
    if (elapsedSince(this.#confirmed) < this.#silentMs / 3) return;
    await this.#beat();
  }

  /** Gives it up. Safe to call twice, and when it is lost. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    if (this.#ended) return;
    this.#ended = true;
    await this.#beating?.catch(() => undefined);
    if (this.#failure === null) await rewriteLease(this.#path, { ...this.#record, state: 'over' }).catch(() => false);
  }

  get #path(): string {
    return leasePath(this.dir, this.#number);
  }

  #beat(): Promise<void> {
    this.#beating ??= this.#giveSignOfLife().finally(() => (this.#beating = null));
    return this.#beating;
  }

  async #giveSignOfLife(): Promise<void> {
    if (this.#ended) return;
    const startedAt = readClocks();
    try {
      this.#record = { ...this.#record, beat: this.#record.beat + 1 };
      if (!(await rewriteLease(this.#path, this.#record))) return await this.#lose();
      // One that backs out again is there for a moment only.
      if ((await this.#hasSuccessor()) && (await sleep(500, true)) && (await this.#hasSuccessor()))
        return await this.#lose();
      this.#confirmed = startedAt;
    } catch (error) {
      if (error instanceof FolderLeaseLostError || elapsedSince(this.#confirmed) < this.#silentMs / 2) throw error;
      await this.#lose(error);
    }
  }

  async #hasSuccessor(): Promise<boolean> {
    return (await listLeases(this.dir)).some((number) => number > this.#number);
  }

  async #lose(cause?: unknown): Promise<never> {
    clearInterval(this.#timer);
    this.#failure = new FolderLeaseLostError(this.dir, { cause });
    this.#loss.reject(this.#failure);
    throw this.#failure;
  }
}

/** Whether a lease may be followed by another one. */
async function judge(
  path: string,
  text: string,
  { silentMs, beatMs, onWatch }: Required<FolderLeaseOptions>,
): Promise<LeaseOwner | EarlierOwner | 'changed'> {
  const record = parseLease(text);
  if (record?.state === 'over') return 'ended';
  const whereabouts = record === null ? 'elsewhere' : await whereaboutsOf(record);
  if (whereabouts === 'dead') return 'dead';
  if (whereabouts === 'alive') return { pid: record?.pid ?? null, host: null };
  const owner = { pid: record?.pid ?? null, host: record?.host ?? null };
  onWatch(owner);
  const startedAtMs = performance.now();
  while (performance.now() - startedAtMs < silentMs) {
    await sleep(Math.min(beatMs, 250));
    const now = await readLease(path);
    if (now === text) continue;
    return now === null || record === null || parseLease(now)?.state === 'over' ? 'changed' : owner;
  }
  return 'silent';
}

interface Clocks {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

function readClocks(): Clocks {
  return { wallMs: Date.now(), monotonicMs: performance.now() };
}

/** By the clock that went further: the monotonic one stands still while the machine sleeps. */
function elapsedSince({ wallMs, monotonicMs }: Clocks): number {
  return Math.max(Math.abs(Date.now() - wallMs), performance.now() - monotonicMs);
}
