import { producerDefaults } from '../../job/defaults.ts';

export interface RedisMemoryMonitorOptions {
  /** The share of `maxmemory` above which memory is tight. */
  watermark: number;
  /** Asks Redis for `INFO memory`. */
  readInfo: () => Promise<string>;
  /** Monotonic, in milliseconds. */
  now?: () => number;
}

/**
 * Reports whether Redis is close to its `maxmemory`, so that puts are refused while there is still memory for what is in.
 * It asks when it is asked, once a second at most: an idle producer costs nothing. Early, not exact; the exact guard is
 * Redis, which refuses the admission script. What it cannot find out counts as enough memory.
 */
export class RedisMemoryMonitor {
  readonly #options: RedisMemoryMonitorOptions;
  readonly #now: () => number;
  #tight = false;
  #lookedAt = -Infinity;
  #looking: Promise<void> | undefined;

  constructor(options: RedisMemoryMonitorOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** What the last look said. A look that is due is waited for, but not longer than `memoryLookWaitMs`. */
  isTight(): boolean | Promise<boolean> {
    if (this.#options.watermark >= 1) return false;
    if (this.#now() - this.#lookedAt < producerDefaults.memoryLookMs) return this.#tight;
    return this.#lookPatiently().then(() => this.#tight);
  }

  async #lookPatiently(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, producerDefaults.memoryLookWaitMs);
    });
    await Promise.race([this.#looking, timeout]);
    clearTimeout(timer);
  }

  async #look(): Promise<void> {
    const { readInfo, watermark } = this.#options;
    const share = await readInfo().then(usedShare, () => 0);
    this.#tight = share > watermark;
    this.#lookedAt = this.#now();
  }
}

/** How much of `maxmemory` is used, as Redis counts when it decides on a write; 0 without a limit. */
function usedShare(info: string): number {
  const read = (name: string): number => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
  const max = read('maxmemory');
  return max > 0 ? (read('used_memory') - read('mem_not_counted_for_evict')) / max : 0;
}
