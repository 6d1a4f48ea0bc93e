import type { Slots } from '../job/slots.ts';
import type { JobLease } from './job-lease.ts';

/** A take that waits for a job. */
export interface TakeRequest {
  /** A lease, or null when it was cancelled. */
  readonly met: Promise<JobLease | null>;
}

interface OpenRequest extends TakeRequest {
  readonly resolve: (lease: JobLease | null) => void;
}

/**
 * The takes that wait for a job, in their order. Each opens a slot of the pool, so that no job is taken without a caller. The
 * slot is closed when the request is cancelled, or when the lease that met it is over.
 */
export class TakeRequests {
  readonly #slots: Slots;
  readonly #open = new Set<OpenRequest>();

  constructor(slots: Slots) {
    this.#slots = slots;
  }

  add(): TakeRequest {
    const { promise, resolve } = Promise.withResolvers<JobLease | null>();
    const request: OpenRequest = { met: promise, resolve };
    this.#open.add(request);
    this.#slots.grow();
    return request;
  }

  isOpen(request: TakeRequest): boolean {
    return this.#open.has(request as OpenRequest);
  }

  /** @returns false when no caller waits any more */
  meet(lease: JobLease): boolean {
    const [first] = this.#open;
    if (!first) return false;
    this.#open.delete(first);
    first.resolve(lease);
    return true;
  }

  cancel(request: TakeRequest): void {
    const open = request as OpenRequest;
    if (!this.#open.delete(open)) return;
    this.#slots.shrink();
    open.resolve(null);
  }

  cancelAll(): void {
    for (const request of this.#open) this.cancel(request);
  }
}
