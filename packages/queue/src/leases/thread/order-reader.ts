import type { PoolOrder } from '../../store/pools/pool-orders.ts';

export interface OrderReaderDeps {
  /** Reads the orders, and takes them off. */
  readonly take: () => Promise<readonly PoolOrder[]>;
  /** Whether the pool runs anything that could be cancelled. */
  readonly isBusy: () => boolean;
  readonly onOrder: (order: PoolOrder) => void;
}

/** How often to look: one read of a key that is rarely there. */
const LOOK_MS = 250;
/** The same while nothing runs. */
const IDLE_LOOK_MS = 1_000;

/** Looks for orders to the pool. In the lease thread: they come also while the event loop is blocked. */
export class OrderReader {
  readonly #deps: OrderReaderDeps;
  #timer: NodeJS.Timeout | undefined;
  #lookedAtMs = 0;
  #isLooking = false;

  constructor(deps: OrderReaderDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#timer = setInterval(() => void this.#look(), LOOK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    const { take, isBusy, onOrder } = this.#deps;
    const nowMs = performance.now();
    if (this.#isLooking || (!isBusy() && nowMs - this.#lookedAtMs < IDLE_LOOK_MS - LOOK_MS / 2)) return;
    this.#lookedAtMs = nowMs;
    this.#isLooking = true;
    try {
      for (const order of await take()) onOrder(order);
    } catch {
      // Redis is away: the renewals report it.
    } finally {
      this.#isLooking = false;
    }
  }
}
