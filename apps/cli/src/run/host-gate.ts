import type { FetchLine } from './fetch-line.ts';

export interface HostGateOptions {
  /** The most lines of one host that are out at a time. */
  perHost: number;
  /** The most lines that are held back; the gate is full then. Default 10,000. */
  maxHeld?: number;
  /** The most characters of held back lines; the gate is full then. Default 16 Mi. */
  maxHeldChars?: number;
}

interface Host {
  out: number;
  /** How many may be out now: `perHost`, or fewer after the host said that it has too much to do. */
  limit: number;
  held: FetchLine[];
  /** Index of the first line in `held` that is still there. */
  head: number;
  /** Listed in the gate's `ready`. */
  listed: boolean;
}

/**
 * Keeps any one host from getting more than its share at a time.
 *
 * Every line that comes in either goes out at once or is held back until one of its host comes home; lines of other
 * hosts go on. Hosts with room take turns. A host that answers 429 or 503 gets half as many at a time, down to one, and
 * with every page that it answers well a little more again.
 */
export class HostGate {
  readonly #options: Required<HostGateOptions>;
  readonly #hosts = new Map<string, Host>();
  readonly #ready: Host[] = [];
  #held = 0;
  #heldChars = 0;

  constructor({ perHost, maxHeld = 10_000, maxHeldChars = 2 ** 24 }: HostGateOptions) {
    this.#options = { perHost, maxHeld, maxHeldChars };
  }

  /** Lines that are held back. */
  get held(): number {
    return this.#held;
  }

  get full(): boolean {
    return this.#held >= this.#options.maxHeld || this.#heldChars >= this.#options.maxHeldChars;
  }

  /** True: the line is out and must be brought home. False: it is held back, and `take` gives it later. */
  enter(line: FetchLine): boolean {
    const host = this.#host(line.host);
    if (host.out < Math.floor(host.limit) && host.head === host.held.length) {
      host.out += 1;
      return true;
    }
    host.held.push(line);
    this.#held += 1;
    this.#heldChars += line.url.length;
    this.#list(host);
    return false;
  }

  /** The next held back line that may go out now, or null. */
  take(): FetchLine | null {
    for (let host = this.#ready.shift(); host; host = this.#ready.shift()) {
      host.listed = false;
      const line = host.out < Math.floor(host.limit) ? host.held[host.head] : undefined;
      if (!line) continue;
      this.#leave(host, line);
      this.#list(host);
      return line;
    }
    return null;
  }

  /** A line that was out has its result. */
  home(line: FetchLine, answered: 'well' | 'overloaded'): void {
    const host = this.#hosts.get(line.host);
    if (!host) return;
    host.out -= 1;
    if (answered === 'overloaded') host.limit = Math.max(1, Math.floor(host.limit / 2));
    else if (host.limit < this.#options.perHost)
      host.limit = Math.min(this.#options.perHost, host.limit + 1 / host.limit);
    this.#list(host);
    // Forgotten when idle, so that a list of a million hosts does not fill the memory.
    if (host.out === 0 && host.head === host.held.length) this.#hosts.delete(line.host);
  }

  #host(name: string): Host {
    const known = this.#hosts.get(name);
    if (known) return known;
    const host: Host = { out: 0, limit: this.#options.perHost, held: [], head: 0, listed: false };
    this.#hosts.set(name, host);
    return host;
  }

  #leave(host: Host, line: FetchLine): void {
    host.out += 1;
    host.head += 1;
    this.#held -= 1;
    this.#heldChars -= line.url.length;
    if (host.head < 1_024 && host.head < host.held.length) return;
    host.held = host.held.slice(host.head);
    host.head = 0;
  }

  #list(host: Host): void {
    if (host.listed || host.head === host.held.length || host.out >= Math.floor(host.limit)) return;
    host.listed = true;
    this.#ready.push(host);
  }
}
