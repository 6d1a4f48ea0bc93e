/**
 * How many requests one host gets from this process at a time. Others are not kept waiting: their jobs go back to the queue, so that a
 * host that is slow keeps no slot of the worker from the jobs of other hosts.
 */
export class HostSlots {
  readonly #perHost: number;
  /** Only hosts with requests. */
  readonly #busy = new Map<string, number>();

  constructor(perHost: number) {
    this.#perHost = perHost;
  }

  /** Takes a slot. */
  acquire(host: string): boolean {
    const busy = this.#busy.get(host) ?? 0;
    if (busy >= this.#perHost) return false;
    this.#busy.set(host, busy + 1);
    return true;
  }

  /** Gives a slot back that was acquired. */
  release(host: string): void {
    const busy = this.#busy.get(host) ?? 0;
    if (busy > 1) this.#busy.set(host, busy - 1);
    else this.#busy.delete(host);
  }
}
