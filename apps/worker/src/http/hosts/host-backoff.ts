export interface HostBackoffOptions {
  /** Refusals in a row that name no time and begin no pause yet: they may be meant for their pages. Default 3. */
  tolerated?: number;
  /** The first pause, when a host does not say how long. Doubles with each further refusal. Default 1,000. */
  firstPauseMs?: number;
  /** The longest pause that we choose ourselves. Default 30,000. */
  longestPauseMs?: number;
  /** The longest pause that a host may ask for; more is cut to it. Default 1 day. */
  longestAskedMs?: number;
  /** After this many pauses of our own in a row, without an answer between, the host is called hopeless. Default 5. */
  ownPausesMax?: number;
  /** The most hosts that are remembered; the one not heard of for the longest is forgotten. Default 10,000. */
  hostsMax?: number;
  /** Monotonic milliseconds. */
  now?: () => number;
}

export interface Pause {
  remainingMs: number;
  /** The host has named the time itself. */
  asked: boolean;
  /** The host names no time and has refused again and again: waiting for it without spending attempts might never end. */
  hopeless: boolean;
}

interface PausedHost {
  untilMs: number;
  asked: boolean;
  /** In a row, those that named no time. */
  refusals: number;
}

/**
 * Remembers which hosts asked to be left alone, and until when: for as long as they said, or, when they keep answering
 * 429 without a time, for longer each time. One per process: a host that one worker process leaves alone may still be
 * asked by another, until that one is refused as well.
 */
export class HostBackoff {
  readonly #options: Required<HostBackoffOptions>;
  /** In the order in which the hosts were last heard of. */
  readonly #hosts = new Map<string, PausedHost>();

  constructor(options: HostBackoffOptions = {}) {
    this.#options = {
      tolerated: 3,
      firstPauseMs: 1_000,
      longestPauseMs: 30_000,
      longestAskedMs: 86_400_000,
      ownPausesMax: 5,
      hostsMax: 10_000,
      now: () => performance.now(),
      ...options,
    };
  }

  /** The pause that the host is in; null when it may be asked. */
  pauseOf(host: string): Pause | null {
    const { now, tolerated, ownPausesMax } = this.#options;
    const known = this.#hosts.get(host);
    const remainingMs = known ? Math.ceil(known.untilMs - now()) : 0;
    if (!known || remainingMs <= 0) return null;
    const hopeless = !known.asked && known.refusals > tolerated + ownPausesMax;
    return { remainingMs, asked: known.asked, hopeless };
  }

  /** The host refused. `askedMs` is what its Retry-After said. */
  refused(host: string, askedMs: number | null): void {
    const before = this.#hosts.get(host) ?? { untilMs: 0, asked: false, refusals: 0 };
    this.#remember(host, askedMs === null ? this.#choosePause(before) : this.#grantPause(before, askedMs));
  }

  /** The host answered a request: its refusals are forgotten, unless it has refused since and is in its pause. */
  answered(host: string): void {
    if (this.#hosts.has(host) && this.pauseOf(host) === null) this.#hosts.delete(host);
  }

  #grantPause(before: PausedHost, askedMs: number): PausedHost {
    const { now, longestAskedMs } = this.#options;
    const untilMs = Math.max(before.untilMs, now() + Math.min(longestAskedMs, askedMs));
    return { untilMs, asked: true, refusals: before.refusals };
  }

  #choosePause(before: PausedHost): PausedHost {
    const { now, tolerated, firstPauseMs, longestPauseMs } = this.#options;
    // Refusals that come while the host is in its pause answer requests sent before it: they are one with the first.
    if (before.untilMs > now()) return before;
    const refusals = before.refusals + 1;
    const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** (refusals - tolerated - 1));
    return { untilMs: refusals > tolerated ? now() + pauseMs : 0, asked: false, refusals };
  }

  #remember(host: string, known: PausedHost): void {
    this.#hosts.delete(host);
    this.#hosts.set(host, known);
    const [oldest] = this.#hosts.keys();
    if (this.#hosts.size > this.#options.hostsMax && oldest !== undefined) this.#hosts.delete(oldest);
  }
}
