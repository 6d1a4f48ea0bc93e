import type { Delivery } from '../../job/delivery.ts';
import type { FailureRecord } from '../../job/failure-record.ts';
import type { TakeContext } from '../../store/lease-store/lease-store.ts';

export interface FakeJob {
  readonly id: string;
  /** What its deliveries have, apart from what the queue counts. */
  readonly fields: Partial<Delivery>;
  state: 'waiting' | 'delayed' | 'active' | 'completed' | 'dead';
  /** The lock; null when the job is not held. */
  token: string | null;
  attemptsMade: number;
  deliveries: number;
  dueAtMs: number;
  /** The last delivery during which other jobs ran in the same process. */
  sharedDelivery: number;
  /** Whether only BullMQ's script can complete it. */
  isPlain: boolean;
  hasChildren: boolean;
  result?: string;
  failure?: FailureRecord;
  progress?: unknown;
}

/** The jobs of one queue, in memory. Several fake stores can serve it, as pools do. */
export class FakeQueue {
  readonly jobs = new Map<string, FakeJob>();
  isPaused = false;
  /** How long the queue's rate limit admits nothing. */
  limitedMs = 0;
  /** Crash suspects, by groups. */
  readonly suspects: string[][] = [];
  /** Whether a busy pool was asked to pause for crash suspects: one is enough. */
  wasPauseAskedFor = false;
  readonly #waiting: string[] = [];
  readonly #sleepers: (() => void)[] = [];
  #hasMarker = false;
  #lastFence = 0;
  #lastId = 0;

  add(fields: Partial<Delivery>): FakeJob {
    const id = fields.id ?? `job${(this.#lastId += 1)}`;
    const { attemptsMade = 0, deliveries = 1 } = fields;
    const counts = { attemptsMade, deliveries: deliveries - 1, dueAtMs: 0, sharedDelivery: 0 };
    const job: FakeJob = { id, fields, state: 'waiting', token: null, isPlain: true, hasChildren: false, ...counts };
    this.jobs.set(id, job);
    this.#waiting.push(id);
    return job;
  }

  addDelayed(fields: Partial<Delivery>, delayMs: number): void {
    const job = this.add(fields);
    this.#waiting.pop();
    this.putBack(job, delayMs, 'tail');
  }

  /** Notes a delivery that a test made up as one that was taken. */
  hold(delivery: Delivery): void {
    const job = this.add(delivery);
    this.#waiting.pop();
    Object.assign(job, { state: 'active', token: delivery.token, deliveries: delivery.deliveries });
  }

  get hasWaiting(): boolean {
    this.#promoteDue();
    return this.#waiting.length > 0;
  }

  get nextDueAtMs(): number | null {
    const due = [...this.jobs.values()].filter(({ state }) => state === 'delayed').map(({ dueAtMs }) => dueAtMs);
    return due.length > 0 ? Math.min(...due) : null;
  }

  /** The next jobs that may be taken, off the list, each under a lock of its own. */
  take(pool: string, count: number, { which, hasOthers, alone }: TakeContext): { job: FakeJob; fence: number }[] {
    this.#promoteDue();
    const group = this.suspects[0] ?? [];
    const others = this.#waiting.filter((id) => !this.suspects.some((ids) => ids.includes(id)));
    const ids = which === 'suspects' ? group.filter((id) => this.#waiting.includes(id)) : others;
    const found = ids.slice(0, count).map((id) => this.#activate(id, pool));
    if (hasOthers || found.length > 1) for (const { job } of found) job.sharedDelivery = job.deliveries;
    if (alone && found.length > 0) this.noteCompany(alone);
    if (this.#waiting.length > 0) this.wakeOne();
    else this.#hasMarker = false;
    return found;
  }

  noteCompany({ id, deliveries }: Delivery): void {
    const job = this.jobs.get(id);
    if (job?.deliveries === deliveries) job.sharedDelivery = deliveries;
  }

  putBack(job: FakeJob, delayMs: number, at: 'head' | 'tail'): void {
    Object.assign(job, { token: null, state: delayMs > 0 ? 'delayed' : 'waiting', dueAtMs: Date.now() + delayMs });
    if (delayMs > 0) return;
    if (at === 'head') this.#waiting.unshift(job.id);
    else this.#waiting.push(job.id);
    this.wakeOne();
  }

  /** Wakes one that waits for work, or the next one that will. */
  wakeOne(): void {
    const wake = this.#sleepers.shift();
    if (wake) wake();
    else this.#hasMarker = true;
  }

  /** Resolves when there may be work, or when the time is over. */
  async whenWoken(maxMs: number, signal: AbortSignal): Promise<void> {
    if (this.#hasMarker) {
      this.#hasMarker = false;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, maxMs);
    this.#sleepers.push(resolve);
    signal.addEventListener('abort', () => resolve());
    await promise;
    clearTimeout(timer);
    const at = this.#sleepers.indexOf(resolve);
    if (at >= 0) this.#sleepers.splice(at, 1);
  }

  #activate(id: string, pool: string): { job: FakeJob; fence: number } {
    const job = this.jobs.get(id);
    if (!job) throw new Error(`there is no job ${id}`);
    this.#waiting.splice(this.#waiting.indexOf(id), 1);
    for (const group of this.suspects) if (group.includes(id)) group.splice(group.indexOf(id), 1);
    while (this.suspects[0]?.length === 0) this.suspects.shift();
    const fence = (this.#lastFence += 1);
    Object.assign(job, { state: 'active', token: `${pool}:${fence}`, deliveries: job.deliveries + 1 });
    return { job, fence };
  }

  #promoteDue(): void {
    for (const job of this.jobs.values()) {
      if (job.state !== 'delayed' || job.dueAtMs > Date.now()) continue;
      job.state = 'waiting';
      this.#waiting.push(job.id);
    }
  }
}
