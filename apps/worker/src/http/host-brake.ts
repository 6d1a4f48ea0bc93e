export interface HostBrakeOptions {
  /** The first pause, when a host does not say how long. Doubles with each further refusal. Default 1,000. */
  firstPauseMs?: number;
  /** The longest pause that we choose ourselves. Default 30,000. */
  longestPauseMs?: number;
  /** The longest pause that a host may ask for; more is cut to it. Default 60,000. */
  longestAskedMs?: number;
  /** After this many refusals in a row, without an answer between, the host is called hopeless. Default 5. */
  patience?: number;
  /** The most hosts that are remembered; the one not heard of for the longest is forgotten. Default 10,000. */
  hostsMax?: number;
  /** Monotonic milliseconds. */
  now?: () => number;
}

export interface Pause {
  remainingMs: number;
  /** The host has refused again and again: waiting for it without spending attempts might never end. */
  hopeless: boolean;
}

interface Braked {
  untilMs: number;
  refusals: number;
}

/**
 * Remembers which hosts asked to be left alone (429, 503), and until when. One per process: a host that one worker
 * process leaves alone may still be asked by another, until that one is refused as well.
 */
export class HostBrake {
  readonly #options: Required<HostBrakeOptions>;
  /** In the order in which the hosts were last heard of. */
  readonly #braked = new Map<string, Braked>();

  constructor(options: HostBrakeOptions = {}) {
    this.#options = {
      firstPauseMs: 1_000,
      longestPauseMs: 30_000,
      longestAskedMs: 60_000,
      patience: 5,
      hostsMax: 10_000,
      now: () => performance.now(),
      ...options,
    };
  }

  /** The pause that the host is in; null when it may be asked. */
  pauseOf(host: string): Pause | null {
    const braked = this.#braked.get(host);
    const remainingMs = braked ? Math.ceil(braked.untilMs - this.#options.now()) : 0;
    if (!braked || remainingMs <= 0) return null;
    return { remainingMs, hopeless: braked.refusals > this.#options.patience };
  }

  /** The host refused. `askedMs` is what its Retry-After said. */
  refused(host: string, askedMs: number | null): void {
    const { now, firstPauseMs, longestPauseMs, longestAskedMs, hostsMax } = this.#options;
    const before = this.#braked.get(host);
    // Refusals that come while the host is in its pause answer requests sent before it: they are one with the first.
    const sameRefusal = before !== undefined && before.untilMs > now();
    const refusals = (before?.refusals ?? 0) + (sameRefusal ? 0 : 1);
    const chosenMs = Math.min(longestPauseMs, firstPauseMs * 2 ** (refusals - 1));
    const pauseMs = askedMs === null ? chosenMs : Math.min(longestAskedMs, askedMs);
    this.#braked.delete(host);
    this.#braked.set(host, { untilMs: Math.max(before?.untilMs ?? 0, now() + pauseMs), refusals });
    const [oldest] = this.#braked.keys();
    if (this.#braked.size > hostsMax && oldest !== undefined) this.#braked.delete(oldest);
  }

  /** The host answered a request: its refusals are forgotten, unless it has refused since and is in its pause. */
  answered(host: string): void {
    if (this.#braked.has(host) && this.pauseOf(host) === null) this.#braked.delete(host);
  }
}
