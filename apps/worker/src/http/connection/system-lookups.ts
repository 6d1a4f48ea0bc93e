import { lookup, type LookupAddress } from 'node:dns';

export interface SystemLookupsOptions {
  /**
   * The most lookups at a time. Each keeps one of Node's four threads, which files and compression need as well, for as
   * long as the system waits for a name server. Default 2.
   */
  atOnce?: number;
  /** Default: the system's. */
  lookup?: typeof lookup;
}

/** Asks the system for addresses, which knows more than name servers do: search domains, mDNS, plug-ins. */
export class SystemLookups {
  readonly #lookup: typeof lookup;
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor({ atOnce = 2, lookup: systemLookup = lookup }: SystemLookupsOptions = {}) {
    this.#free = atOnce;
    this.#lookup = systemLookup;
  }

  /**
   * @param signal when it aborts, a lookup that waits for its turn is not begun
   * @throws what the system fails with, such as `ENOTFOUND` and `EAI_AGAIN`
   */
  async addressesOf(name: string, signal: AbortSignal): Promise<LookupAddress[]> {
    if (this.#free === 0) await new Promise<void>((start) => this.#waiting.push(start));
    else this.#free -= 1;
    try {
      signal.throwIfAborted();
      return await new Promise((resolve, reject) => {
        this.#lookup(name, { all: true }, (error, addresses) => (error ? reject(error) : resolve(addresses)));
      });
    } finally {
      this.#passOn();
    }
  }

  #passOn(): void {
    // Who gave up gets its turn to find that out, which takes no time.
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free += 1;
  }
}
