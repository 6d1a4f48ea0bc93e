export interface HostSlotsOptions {
  /** The most requests that one host gets at a time. */
  perHost: number;
  /** Monotonic milliseconds. Default: those of the process. */
  now?: () => number;
}

/** A slot, to be given back once; or when to ask again. */
export type HostSlot =
  | { readonly granted: true; release(): void }
  | { readonly granted: false; readonly comeBackMs: number };

interface BusyHost {
  requests: number;
  /** How long its requests take, the later ones counting more. */
  averageMs: number;
  /** When those that were turned away have all had their turn, if each comes when it is told to. */
  turnsUntilMs: number;
}

const COME_BACK_LEAST_MS = 500;
const COME_BACK_MOST_MS = 60_000;
/** Until a host has answered. */
const FIRST_AVERAGE_MS = 1_000;
/** The weight of the newest request. */
const NEWEST_SHARE = 0.25;

/**
 * How many requests one host gets from this process at a time. Others are not kept waiting: their jobs go back to the queue, so that a
 * host that is slow keeps no slot of the worker from the jobs of other hosts. Each is told to come back when it may be its
 * turn: if all came back at once, a long backlog would be taken and given back all the time.
 */
export class HostSlots {
  readonly #perHost: number;
  readonly #now: () => number;
  /** Only hosts with requests. */
  readonly #busy = new Map<string, BusyHost>();

  constructor({ perHost, now = () => performance.now() }: HostSlotsOptions) {
    this.#perHost = perHost;
    this.#now = now;
  }

  acquire(name: string): HostSlot {
    const host = this.#busy.get(name) ?? { requests: 0, averageMs: FIRST_AVERAGE_MS, turnsUntilMs: 0 };
    if (host.requests >= this.#perHost) return this.#turnAway(host);
    host.requests += 1;
    this.#busy.set(name, host);
    const startedMs = this.#now();
    return { granted: true, release: () => this.#release(name, host, this.#now() - startedMs) };
  }

  #turnAway(host: BusyHost): HostSlot {
    const now = this.#now();
    host.turnsUntilMs = Math.max(now, host.turnsUntilMs) + host.averageMs / this.#perHost;
    // Those beyond the longest wait come back together, and are told anew.
    host.turnsUntilMs = Math.min(host.turnsUntilMs, now + COME_BACK_MOST_MS);
    return { granted: false, comeBackMs: Math.max(COME_BACK_LEAST_MS, host.turnsUntilMs - now) };
  }

  #release(name: string, host: BusyHost, tookMs: number): void {
    host.requests -= 1;
    host.averageMs += (tookMs - host.averageMs) * NEWEST_SHARE;
    if (host.requests === 0) this.#busy.delete(name);
  }
}
