import { isFetchLine, parseLine, type BadLine, type FetchLine } from '../input/fetch-line.ts';
import type { Answered, HostLimiter, Refusal } from './host-limiter.ts';
import type { InputLine } from '../input/input-lines.ts';
import type { LineNumberSet } from '../input/line-number-set.ts';

export interface LineSchedulerDeps {
  /** Lines of the input, in groups. */
  groups: AsyncIterable<InputLine[]>;
  /** Lines that have a result; they are passed over. */
  done: LineNumberSet;
  limiter: HostLimiter;
  /** Gets the lines that cannot be fetched. */
  onBad: (line: BadLine) => Promise<void>;
  /** Gets the lines whose host asked to be left alone for too long, and for how much longer. */
  onGivenUp: (line: FetchLine, forMs: number) => Promise<void>;
}

/**
 * Gives the lines that are to be fetched, one by one, each when its host has capacity for it.
 *
 * `next` has one caller at a time whose signal is not aborted. Every line that it gave comes back in one of four ways: `settled`,
 * `retry`, `refused`, or `again`.
 */
export class LineScheduler {
  readonly #deps: LineSchedulerDeps;
  readonly #groups: AsyncIterator<InputLine[]>;
  #group: readonly InputLine[] = [];
  #at = 0;
  /** The read that is under way. It is kept while lines of other hosts get their turn. */
  #reading: Promise<void> | null = null;
  #readError: { error: unknown } | null = null;
  #ended = false;
  #stopped = false;
  /** In the order in which they came back; those before `#againAt` have been given. */
  #again: FetchLine[] = [];
  #againAt = 0;
  #wake: () => void = () => undefined;

  constructor(deps: LineSchedulerDeps) {
    this.#deps = deps;
    this.#groups = deps.groups[Symbol.asyncIterator]();
  }

  /** Lines that were read and wait for their host. */
  get held(): number {
    return this.#deps.limiter.held;
  }

  /** Whether `next` may give another line now or later. */
  get hasMore(): boolean {
    return !this.#stopped && (!this.#ended || this.held > 0 || this.#again.length > 0);
  }

  /**
   * The next line, or null when there is none, for now or for good, or when the signal is aborted.
   * Rejects with what reading the input rejects with.
   */
  async next(signal: AbortSignal): Promise<FetchLine | null> {
    while (this.hasMore && !signal.aborted) {
      const line = this.#nextAgain() ?? this.#deps.limiter.take() ?? (await this.#nextOfGroup());
      if (line && !signal.aborted) return line;
      if (line) this.again([line]);
      else if (this.hasMore) await this.#somethingNew();
    }
    return null;
  }

  /** Makes a waiting `next` look at its signal. */
  wake(): void {
    this.#wake();
  }

  /** A line has its result: its host may have another. */
  settled(line: FetchLine, answered: Answered): void {
    this.#deps.limiter.release(line, answered);
    this.#wake();
  }

  /** A line failed, and is given again after this time. */
  retry(line: FetchLine, delayMs: number): void {
    const { limiter } = this.#deps;
    // Nothing waits for a host that is given up: it says so itself when it is asked once more.
    if (limiter.givenUpForMs(line.host) !== null) return this.again([line]);
    limiter.retry(line, delayMs);
    this.#wake();
  }

  /**
   * A host asked to be left alone, so the line has no result: it is given again when the pause is over.
   *
   * @returns false when it is not: its page is at fault, and it counts as settled
   */
  async refused(line: FetchLine, refusal: Refusal): Promise<boolean> {
    const after = this.#deps.limiter.refused(line, refusal);
    this.#wake();
    if (after.now === 'given-up') {
      for (const given of after.lines) await this.#deps.onGivenUp(given, refusal.retryAfterMs);
    }
    return after.now !== 'failed';
  }

  /** Lines have no result and must be given once more. They keep the places of their hosts. */
  again(lines: Iterable<FetchLine>): void {
    // One by one: as many may be unfinished as the queue holds, and the number of a call's arguments is limited.
    for (const line of lines) this.#again.push(line);
    this.#wake();
  }

  /** From now on `next` gives nothing, and the input is closed. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#wake();
    this.#groups.return?.().catch(() => undefined);
  }

  #nextAgain(): FetchLine | undefined {
    const line = this.#again[this.#againAt];
    if (line) this.#againAt += 1;
    if (this.#againAt === this.#again.length) {
      this.#again = [];
      this.#againAt = 0;
    }
    return line;
  }

  /** The first line of the group that may go out. Null at the end of the group, and when no more can be held back. */
  async #nextOfGroup(): Promise<FetchLine | null> {
    const { done, limiter, onBad, onGivenUp } = this.#deps;
    while (this.#at < this.#group.length && !limiter.full && !this.#stopped) {
      const input = this.#group[this.#at++];
      if (!input || done.has(input.line)) continue;
      const line = parseLine(input);
      if (!isFetchLine(line)) await onBad(line);
      else {
        const givenUpForMs = limiter.givenUpForMs(line.host);
        if (givenUpForMs !== null) await onGivenUp(line, givenUpForMs);
        else if (limiter.acquire(line)) return line;
      }
    }
    return null;
  }

  /**
   * Resolves when there may be a line: a group was read, a host has capacity again, the pause of one is over, a line is due,
   * or comes again, or all is over.
   */
  async #somethingNew(): Promise<void> {
    const changed = new Promise<void>((resolve) => (this.#wake = resolve));
    const groupIsUsedUp = this.#at >= this.#group.length;
    if (groupIsUsedUp && !this.#ended && !this.#deps.limiter.full) this.#reading ??= this.#readGroup();
    const changeMs = this.#deps.limiter.nextChangeMs;
    const timer = changeMs === null ? undefined : setTimeout(() => this.#wake(), Math.ceil(changeMs));
    await (this.#reading ? Promise.race([this.#reading, changed]) : changed);
    clearTimeout(timer);
    if (this.#readError) throw this.#readError.error;
  }

  async #readGroup(): Promise<void> {
    try {
      const { done, value } = await this.#groups.next();
      this.#group = done ? [] : value;
      this.#at = 0;
      this.#ended = done === true;
    } catch (error) {
      this.#readError = { error };
    } finally {
      this.#reading = null;
    }
  }
}
