import { LeaseLostError } from '../../job/errors/index.ts';
import type { Delivery, Taken } from '../../job/delivery.ts';
import type { LeaseStore, Batch, BatchReply, Wake } from '../../store/lease-store/lease-store.ts';

export type StoreCall = 'take' | 'complete' | 'retry' | 'bury' | 'release' | 'discard' | 'isAccounted';

/** A store in memory that does what a test scripts: hands out deliveries, notes how they end, fails when told to. */
export class FakeLeaseStore implements LeaseStore {
  readonly ready: Partial<Delivery>[] = [];
  /** What was called, in order, with the id of the job that it was about. */
  readonly calls: string[] = [];
  /** Errors that the next calls of a kind reject with. */
  readonly failures: Partial<Record<StoreCall, unknown[]>> = {};
  /** Whether a wait that ends takes a job. */
  takesAtWake = false;
  accounted = false;
  limitedMs = 0;
  nextDueAtMs: number | null = null;
  #wake: (() => void) | undefined;
  #closed = false;

  connect(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async settleAndTake(batch: Batch): Promise<BatchReply> {
    const { completions, take, offered, takeMost } = batch;
    for (const { delivery } of completions) await this.#note('complete', delivery.id);
    const wanted = Math.min(take + (offered ? completions.length : 0), takeMost);
    if (wanted === 0) return { ends: completions.map(() => null), taken: null };
    return { ends: completions.map(() => null), taken: await this.#takeUpTo(wanted) };
  }

  takeWithBullmq(count: number): Promise<Taken> {
    return this.#takeUpTo(count);
  }

  async #takeUpTo(count: number): Promise<Taken> {
    await this.#note('take', String(count));
    const found = this.ready.splice(0, count).map((next) => aDelivery({ takenAtMs: performance.now(), ...next }));
    const { limitedMs, nextDueAtMs } = this;
    return { deliveries: found, more: found.length === count, limitedMs, nextDueAtMs };
  }

  async waitForWork(maxMs: number, take: number): Promise<Wake> {
    if (this.#closed) throw new Error('closed');
    this.calls.push(`wait ${Math.round(maxMs)}`);
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    return this.takesAtWake ? { taken: await this.#takeUpTo(take) } : { lookAtMs: 0 };
  }

  /** Puts a job there and wakes who waits. */
  offer(...deliveries: Partial<Delivery>[]): void {
    this.ready.push(...deliveries);
    this.#wake?.();
  }

  async wakeAnother(): Promise<void> {
    this.calls.push('wakeAnother');
  }

  async stopWaiting(): Promise<void> {
    this.#closed = true;
    this.#wake?.();
  }

  complete({ id }: Delivery): Promise<void> {
    return this.#note('complete', id);
  }

  retry({ id }: Delivery): Promise<void> {
    return this.#note('retry', id);
  }

  bury({ id }: Delivery): Promise<void> {
    return this.#note('bury', id);
  }

  release({ id }: Delivery): Promise<void> {
    return this.#note('release', id);
  }

  discard({ id }: Delivery): Promise<void> {
    return this.#note('discard', id);
  }

  async isAccounted({ id }: Delivery): Promise<boolean> {
    await this.#note('isAccounted', id);
    return this.accounted;
  }

  noteCompany(): Promise<void> {
    return Promise.resolve();
  }

  saveProgress(): Promise<void> {
    return Promise.resolve();
  }

  async #note(call: StoreCall, id: string): Promise<void> {
    this.calls.push(`${call} ${id}`.trimEnd());
    const failure = this.failures[call]?.shift();
    if (failure !== undefined) throw failure;
  }
}

/** A delivery of a plain job. */
export function aDelivery(fields: Partial<Delivery> = {}): Delivery {
  return {
    id: 'a',
    token: 'pool:1',
    fence: 1,
    name: 'scripted',
    data: '{"do":"ok"}',
    options: {},
    attemptsMade: 0,
    deliveries: 1,
    crashes: 0,
    priority: 0,
    doomed: null,
    schedulerId: null,
    stacks: [],
    takenAtMs: 0,
    seat: null,
    ...fields,
  };
}

export function leaseLost(): LeaseLostError {
  return new LeaseLostError('a');
}
