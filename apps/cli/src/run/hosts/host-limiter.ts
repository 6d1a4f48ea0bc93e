import type { FetchLine } from '../input/fetch-line.ts';
import { HostPauses } from './host-pauses.ts';
import { LineQueue } from './line-queue.ts';
import { RetryWaits } from './retry-waits.ts';

export interface HostLimiterOptions {
  /** The most lines of one host that are out at a time. */
  perHost: number;
  /** The longest that a host may ask to be left alone; the lines of one that asks for longer are given up. Default 15 min. */
  longestPauseMs?: number;
  /** The most lines that are held back; the limiter is full then. Default 100,000. */
  maxHeld?: number;
  /** The most characters of held back lines; the limiter is full then. Default 16 Mi. */
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

/** How often a line may be refused while its host answers others. */
const REFUSALS_MAX = 10;
/** More failures than that in a row, no page answered between them, are the host's fault and no longer that of its pages. */
const FAILURES_MAX = 100;

/** How the fetch of a line ended: its host answered well, or said that it has too much to do, or there was no good answer. */
export type Answered = 'well' | 'overloaded' | 'failed';

interface Host {
  name: string;
  out: number;
  /** Lines that it has answered, if only with an error. */
  answers: number;
  /** How many may be out now: `perHost`, or fewer after the host said that it has too much to do. */
  limit: number;
  /** Attempts that failed since it answered a page well. */
  failures: number;
  /** Lines that wait for the time of their next attempt. */
  waiting: number;
  /** Lines whose time has come. They go out before those that are held. */
  due: LineQueue;
  held: LineQueue;
  /** Listed in the limiter's `ready`. */
  listed: boolean;
}

/**
 * Keeps any one host from getting more than its share at a time.
 *
 * Every line that comes in either goes out at once or is held back until one of its host is released; lines of other
 * hosts go on. Hosts with free capacity take turns. A host that answers 429 or 503 gets half as many at a time, down to one, and
 * with every page that it answers well a little more again. One that says for how long it wants to be left alone gets
 * nothing until then, and a single line first.
 *
 * A line that failed waits here for its next attempt, and another one of its host goes out meanwhile: the page is at fault. When the
 * host has answered no page for long, its lines keep their places while they wait, so that few spend their attempts on an outage.
 */
export class HostLimiter {
  readonly #options: Required<HostLimiterOptions>;
  readonly #hosts = new Map<string, Host>();
  readonly #ready: Host[] = [];
  readonly #pauses: HostPauses;
  readonly #retries = new RetryWaits();
  /** Hosts in a pause, with lines that wait for its end. */
  readonly #paused = new Set<Host>();
  /** When the first of them may be asked again, or earlier. */
  #nextEndAtMs = Infinity;
  #held = 0;
  #heldChars = 0;

  constructor(options: HostLimiterOptions) {
    const defaults = { longestPauseMs: 900_000, maxHeld: 100_000, maxHeldChars: 2 ** 24, now: () => performance.now() };
    this.#options = { ...defaults, ...options };
    this.#pauses = new HostPauses({ longestMs: this.#options.longestPauseMs, now: this.#options.now });
  }

  /** Lines that are held back, those that wait for their next attempt included. */
  get held(): number {
    return this.#held;
  }

  /** Lines that wait for their next attempt. */
  get retrying(): number {
    return this.#retries.size;
  }

  get full(): boolean {
    return this.#held >= this.#options.maxHeld || this.#heldChars >= this.#options.maxHeldChars;
  }

  /** How long until the next pause of a host may end, in milliseconds; null when no line waits for one. */
  get nextPauseEndMs(): number | null {
    return this.#paused.size === 0 ? null : Math.max(0, this.#nextEndAtMs - this.#options.now());
  }

  /** How long until `take` may give a line although nothing else happens, in milliseconds; null when that cannot be. */
  get nextChangeMs(): number | null {
    const { nextDueMs } = this.#retries;
    const dueMs = nextDueMs === null ? Infinity : Math.max(0, nextDueMs - this.#options.now());
    const changeMs = Math.min(dueMs, this.nextPauseEndMs ?? Infinity);
    return changeMs === Infinity ? null : changeMs;
  }

  /** How long the host wants to be left alone, when that is longer than is waited for; else null. */
  givenUpForMs(host: string): number | null {
    return this.#pauses.isTooLong(host) ? this.#pauses.remainingMs(host) : null;
  }

  /** True: the line is out and must be released. False: it is held back, and `take` gives it later. */
  acquire(line: FetchLine): boolean {
    const host = this.#host(line.host);
    if (this.#hasCapacity(host) && !hasLines(host)) {
      host.out += 1;
      return true;
    }
    this.#hold(host, line);
    return false;
  }

  /** The next held back line that may go out now, or null. */
  take(): FetchLine | null {
    this.#listUnpaused();
    this.#listDue();
    for (let host = this.#ready.shift(); host; host = this.#ready.shift()) {
      host.listed = false;
      const line = this.#hasCapacity(host) ? (host.due.shift() ?? host.held.shift()) : undefined;
      if (line) {
        host.out += 1;
        this.#uncount(line);
      }
      this.#list(host);
      if (line) return line;
    }
    return null;
  }

  /** A line that was out has its result. */
  release(line: FetchLine, answered: Answered): void {
    const host = this.#hosts.get(line.host);
    if (!host) return;
    host.failures = answered === 'well' ? 0 : host.failures + 1;
    if (answered !== 'overloaded') {
      host.answers += 1;
      this.#pauses.answered(host.name);
    }
    if (answered === 'overloaded') host.limit = Math.max(1, Math.floor(host.limit / 2));
    else if (host.limit < this.#options.perHost)
      host.limit = Math.min(this.#options.perHost, host.limit + 1 / host.limit);
    this.#vacate(host);
  }

  /** A line that was out has failed, and is given again after this time, before the lines of its host that were not tried. */
  retry(line: FetchLine, delayMs: number): void {
    const host = this.#host(line.host);
    host.failures += 1;
    host.waiting += 1;
    const keepsPlace = host.failures > FAILURES_MAX;
    this.#count(line);
    this.#retries.add({ line, dueMs: this.#options.now() + delayMs, keepsPlace });
    if (!keepsPlace) this.#vacate(host);
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
    if (times >= REFUSALS_MAX && host.answers > answersThen) return { now: 'failed' };
    // It waits behind the others: should its page alone be refused, they go on.
    this.#hold(host, line);
    return { now: 'held' };
  }

  #host(name: string): Host {
    const known = this.#hosts.get(name);
    if (known) return known;
    const counts = { out: 0, answers: 0, failures: 0, waiting: 0, limit: this.#options.perHost };
    const host: Host = { name, ...counts, due: new LineQueue(), held: new LineQueue(), listed: false };
    this.#hosts.set(name, host);
    return host;
  }

  #hasCapacity(host: Host): boolean {
    return host.out < Math.floor(host.limit) && this.#pauses.remainingMs(host.name) === 0;
  }

  #hold(host: Host, line: FetchLine): void {
    host.held.push(line);
    this.#count(line);
    this.#list(host);
  }

  #count({ url }: FetchLine): void {
    this.#held += 1;
    this.#heldChars += url.length;
  }

  #uncount({ url }: FetchLine): void {
    this.#held -= 1;
    this.#heldChars -= url.length;
  }

  #dropHeld(host: Host): FetchLine[] {
    const waits = host.waiting > 0 ? this.#retries.dropHost(host.name) : [];
    host.waiting = 0;
    host.out -= waits.filter(({ keepsPlace }) => keepsPlace).length;
    const lines = [...host.held.clear(), ...host.due.clear(), ...waits.map(({ line }) => line)];
    for (const line of lines) this.#uncount(line);
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
    if (host.out > 0 || host.waiting > 0 || hasLines(host)) return;
    this.#hosts.delete(host.name);
    this.#paused.delete(host);
  }

  #list(host: Host): void {
    if (host.listed || !hasLines(host)) return;
    const pauseMs = this.#pauses.remainingMs(host.name);
    if (pauseMs > 0) {
      this.#paused.add(host);
      this.#nextEndAtMs = Math.min(this.#nextEndAtMs, this.#options.now() + pauseMs);
      return;
    }
    this.#paused.delete(host);
    if (!this.#hasCapacity(host)) return;
    host.listed = true;
    this.#ready.push(host);
  }

  #listUnpaused(): void {
    if (this.#options.now() < this.#nextEndAtMs) return;
    this.#nextEndAtMs = Infinity;
    for (const host of this.#paused) this.#list(host);
  }

  /** Lines whose time has come wait for their host like any other, only before the others. */
  #listDue(): void {
    const nowMs = this.#options.now();
    for (let wait = this.#retries.takeDue(nowMs); wait; wait = this.#retries.takeDue(nowMs)) {
      const host = this.#host(wait.line.host);
      host.waiting -= 1;
      if (wait.keepsPlace) host.out -= 1;
      host.due.push(wait.line);
      this.#list(host);
    }
  }
}

/** Whether lines of the host could go out if it had free capacity. */
function hasLines({ due, held }: Host): boolean {
  return due.length + held.length > 0;
}
