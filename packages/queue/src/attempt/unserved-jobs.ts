import type { FailureRecord } from '../job/failure-record.ts';

/** Why a pool cannot run the jobs of a name. */
export interface UnservedJob {
  readonly job: string;
  readonly code: string;
  readonly message: string;
  /** Whether the pool has a handler for it, which could not be loaded. */
  readonly isOwn: boolean;
  /** How often this pool was given such a job since the first one came. */
  readonly count: number;
}

interface Noted extends UnservedJob {
  readonly atMs: number;
}

/** Jobs come back at least each 30 s (`unknownDelayMaxMs`): a reason that was not met for so long is over. */
const FORGET_MS = 60_000;
/** Names come from producers. */
const NAMES_MAX = 20;

/** The jobs that came to a pool and that it could not run, by their name, with the last reason. */
export class UnservedJobs {
  readonly #nowMs: () => number;
  readonly #onNew: (unserved: UnservedJob) => void;
  readonly #noted = new Map<string, Noted>();

  /** @param onNew called once for each name and reason, until it is over */
  constructor(nowMs: () => number, onNew: (unserved: UnservedJob) => void) {
    this.#nowMs = nowMs;
    this.#onNew = onNew;
  }

  /** Whether a handler of this pool cannot be loaded. */
  get hasOwn(): boolean {
    return this.all().some(({ isOwn }) => isOwn);
  }

  note(job: string, { code, message }: FailureRecord, isOwn = false): void {
    this.#forgetOld();
    const before = this.#noted.get(job);
    if (!before && this.#noted.size >= NAMES_MAX) return;
    const noted: UnservedJob = { job, code, message, isOwn, count: (before?.count ?? 0) + 1 };
    this.#noted.set(job, { ...noted, atMs: this.#nowMs() });
    if (before?.message !== message) this.#onNew(noted);
  }

  /** Jobs of this name can be run. */
  clear(job: string): void {
    if (this.#noted.size > 0) this.#noted.delete(job);
  }

  all(): UnservedJob[] {
    this.#forgetOld();
    return [...this.#noted.values()].map(({ atMs: _atMs, ...noted }) => noted);
  }

  #forgetOld(): void {
    const sinceMs = this.#nowMs() - FORGET_MS;
    for (const [job, { atMs }] of this.#noted) if (atMs < sinceMs) this.#noted.delete(job);
  }
}
