import { producerDefaults } from '../job/defaults.ts';

/** What one look for capacity found. */
export interface LookResult {
  /** Whether the ticket got any. */
  found: boolean;
  /** Tickets before it. */
  ahead: number;
}

export interface PollPaceOptions {
  /** How long a ticket took to leave, when some last did. */
  ticketMs?: number;
  random?: () => number;
  /** Monotonic, in milliseconds. */
  now?: () => number;
}

const monotonicMs = (): number => performance.now();

/** The share of the way to the head after which a ticket looks again: it may take less time than was thought. */
const WAY_SHARE = 1 / 3;
/** While nothing moves, a ticket is taken to need a share of that time; it stands for as many pauses of the head at most. */
const IDLE_SHARE = 1 / 4;
const IDLE_PAUSES = 8;

/**
 * How long a ticket pauses before it looks for capacity again; always within fixed bounds, and never in step with other
 * producers.
 *
 * - At the head, as long as nothing was found so far: soon after a success, and later after every try without one. Only the head
 *   finds what workers free that do not wake anybody.
 * - Further back, while wake-ups arrive: long, because Redis says when it is time.
 * - Further back without them: a part of the time that those before will take to leave, judged by how fast others left.
 */
export class PollPace {
  readonly #random: () => number;
  readonly #now: () => number;
  #ticketMs: number;
  #ahead: number | undefined;
  #movedAtMs: number;
  #foundAtMs: number;

  constructor(options: PollPaceOptions = {}) {
    this.#random = options.random ?? Math.random;
    this.#now = options.now ?? monotonicMs;
    this.#ticketMs = options.ticketMs ?? producerDefaults.pollMaxMs;
    this.#movedAtMs = this.#now();
    this.#foundAtMs = this.#movedAtMs;
  }

  /** How long a ticket took to leave, when some last did, at most a pause of the head. The next ticket starts with it. */
  get ticketMs(): number {
    return this.#ticketMs;
  }

  saw({ found, ahead }: LookResult): void {
    const now = this.#now();
    if (found) this.#foundAtMs = now;
    const passed = (this.#ahead ?? ahead) - ahead;
    if (passed > 0) this.#ticketMs = Math.min((now - this.#movedAtMs) / passed, producerDefaults.pollMaxMs);
    if (passed !== 0) this.#movedAtMs = now;
    this.#ahead = ahead;
  }

  /** @param isWoken whether Redis's wake-ups arrive */
  nextMs(isWoken: boolean): number {
    const { pollMinMs, pollMaxMs, pollBehindMs } = producerDefaults;
    if (!this.#ahead) return this.#spread(this.#vainMs(), pollMinMs, pollMaxMs);
    if (isWoken) return this.#spread(pollBehindMs, pollMinMs, pollBehindMs);
    return this.#spread(this.#wayMs(this.#ahead) * WAY_SHARE, pollMinMs, pollBehindMs);
  }

  /** At the head: for how long there was nothing. */
  #vainMs(): number {
    return this.#now() - Math.max(this.#movedAtMs, this.#foundAtMs);
  }

  /** How long it may take until those before have left. */
  #wayMs(ahead: number): number {
    const idleMs = Math.min((this.#now() - this.#movedAtMs) * IDLE_SHARE, IDLE_PAUSES * producerDefaults.pollMaxMs);
    return Math.max(this.#ticketMs, idleMs) * ahead;
  }

  /** Between half of it and all of it. */
  #spread(ms: number, leastMs: number, mostMs: number): number {
    return Math.min(Math.max(ms, leastMs), mostMs) * (0.5 + this.#random() / 2);
  }
}
