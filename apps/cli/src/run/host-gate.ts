import type { FetchLine } from './fetch-line.ts';
import { HostPauses } from './host-pauses.ts';

export interface HostGateOptions {
  /** The most lines of one host that are out at a time. */
  perHost: number;
  /** The longest that a host may ask to be left alone; the lines of one that asks for longer are given up. Default 15 min. */
  longestPauseMs?: number;
  /** The most lines that are held back; the gate is full then. Default 100,000. */
  maxHeld?: number;
  /** The most characters of held back lines; the gate is full then. Default 16 Mi. */
  maxHeldChars?: number;
  /** Monotonic milliseconds. Default: those of the process. */
  now?: () => number;
}

/** A host asked to be left alone. It need not be that of the line: redirects lead elsewhere. */
export interface Refusal {
  host: string;
  retryAfterMs: number;
}

/**
 * What becomes of a refused line: it is held back until the pause is over; or its page is at fault, because the host
 * answers others; or it is given up, with all that was held back for the host.
 */
export type AfterRefusal = { now: 'held' } | { now: 'failed' } | { now: 'given-up'; lines: readonly FetchLine[] };

/** A line may be refused so often while its host answers others. */
const refusalsMax = 10;

interface Host {
  name: string;
  out: number;
  /** Lines that it has answered well. */
  answers: number;
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
 * with every page that it answers well a little more again. One that says for how long it wants to be left alone gets
 * nothing until then, and a single line first.
 */
export class HostGate {
  readonly #options: Required<HostGateOptions>;
  readonly #hosts = new Map<string, Host>();
  readonly #ready: Host[] = [];
  readonly #pauses: HostPauses;
  /** Hosts in a pause, with lines that wait for its end. */
  readonly #paused = new Set<Host>();
  /** When the first of them may be asked again, or earlier. */
  #nextEndAtMs = Infinity;
  #held = 0;
  #heldChars = 0;

  constructor(options: HostGateOptions) {
    const defaults = { longestPauseMs: 900_000, maxHeld: 100_000, maxHeldChars: 2 ** 24, now: () => performance.now() };
    this.#options = { ...defaults, ...options };
    this.#pauses = new HostPauses({ longestMs: this.#options.longestPauseMs, now: this.#options.now });
  }

  /** Lines that are held back. */
  get held(): number {
    return this.#held;
  }

  get full(): boolean {
    return this.#held >= this.#options.maxHeld || this.#heldChars >= this.#options.maxHeldChars;
  }

  /** How long until the next pause of a host may end, in milliseconds; null when no line waits for one. */
  get nextPauseEndMs(): number | null {
    return this.#paused.size === 0 ? null : Math.max(0, this.#nextEndAtMs - this.#options.now());
  }

  /** How long the host wants to be left alone, when that is longer than is waited for; else null. */
  givenUpForMs(host: string): number | null {
    return this.#pauses.isTooLong(host) ? this.#pauses.remainingMs(host) : null;
  }

  /** True: the line is out and must be brought home. False: it is held back, and `take` gives it later. */
  enter(line: FetchLine): boolean {
    const host = this.#host(line.host);
    if (this.#hasRoom(host) && host.head === host.held.length) {
      host.out += 1;
      return true;
    }
    this.#hold(host, line);
    return false;
  }

  /** The next held back line that may go out now, or null. */
  take(): FetchLine | null {
    this.#listUnpaused();
    for (let host = this.#ready.shift(); host; host = this.#ready.shift()) {
      host.listed = false;
      const line = this.#hasRoom(host) ? host.held[host.head] : undefined;
      if (!line) {
        this.#list(host);
        continue;
      }
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
    if (answered === 'well') {
      host.answers += 1;
      this.#pauses.answered(host.name);
    }
    if (answered === 'overloaded') host.limit = Math.max(1, Math.floor(host.limit / 2));
    else if (host.limit < this.#options.perHost)
      host.limit = Math.min(this.#options.perHost, host.limit + 1 / host.limit);
    this.#vacate(host);
  }

  /** A line that was out was not fetched: a host asked to be left alone. */
  refused(line: FetchLine, { host: name, retryAfterMs }: Refusal): AfterRefusal {
    const host = this.#host(name);
    host.limit = 1;
    const times = (line.refused?.times ?? 0) + 1;
    const answersThen = (name === line.host ? line.refused?.answersThen : undefined) ?? host.answers;
    const again: FetchLine = { ...line, host: name, refused: { times, answersThen } };
    const after = this.#afterRefusal(host, again, this.#pauses.add(name, retryAfterMs));
    const own = this.#hosts.get(line.host);
    if (own) this.#vacate(own);
    this.#forgetIdle(host);
    return after;
  }

  #afterRefusal(host: Host, line: FetchLine, mayWait: boolean): AfterRefusal {
    if (!mayWait) return { now: 'given-up', lines: [...this.#dropHeld(host), line] };
    const { times = 0, answersThen = 0 } = line.refused ?? {};
    if (times >= refusalsMax && host.answers > answersThen) return { now: 'failed' };
    // It waits behind the others: should its page alone be refused, they go on.
    this.#hold(host, line);
    return { now: 'held' };
  }

  #host(name: string): Host {
    const known = this.#hosts.get(name);
    if (known) return known;
    const host: Host = { name, out: 0, answers: 0, limit: this.#options.perHost, held: [], head: 0, listed: false };
    this.#hosts.set(name, host);
    return host;
  }

  #hasRoom(host: Host): boolean {
    return host.out < Math.floor(host.limit) && this.#pauses.remainingMs(host.name) === 0;
  }

  #hold(host: Host, line: FetchLine): void {
    host.held.push(line);
    this.#held += 1;
    this.#heldChars += line.url.length;
    this.#list(host);
  }

  #dropHeld(host: Host): FetchLine[] {
    const lines = host.held.slice(host.head);
    this.#held -= lines.length;
    for (const { url } of lines) this.#heldChars -= url.length;
    host.held = [];
    host.head = 0;
    this.#paused.delete(host);
    return lines;
  }

  /** A line of the host is no longer out. */
  #vacate(host: Host): void {
    host.out -= 1;
    this.#list(host);
    this.#forgetIdle(host);
  }

  /** So that a list of a million hosts does not fill the memory. */
  #forgetIdle(host: Host): void {
    if (host.out > 0 || host.head < host.held.length) return;
    this.#hosts.delete(host.name);
    this.#paused.delete(host);
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
    if (host.listed || host.head === host.held.length) return;
    const pauseMs = this.#pauses.remainingMs(host.name);
    if (pauseMs > 0) {
      this.#paused.add(host);
      this.#nextEndAtMs = Math.min(this.#nextEndAtMs, this.#options.now() + pauseMs);
      return;
    }
    this.#paused.delete(host);
    if (!this.#hasRoom(host)) return;
    host.listed = true;
    this.#ready.push(host);
  }

  #listUnpaused(): void {
    if (this.#options.now() < this.#nextEndAtMs) return;
    this.#nextEndAtMs = Infinity;
    for (const host of this.#paused) this.#list(host);
  }
}
