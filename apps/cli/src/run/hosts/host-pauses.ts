export interface HostPausesOptions {
  /** The longest that a host may keep refusing, from its first refusal to the end of the time that it names. */
  longestMs: number;
  /** Monotonic milliseconds. */
  now: () => number;
}

interface Pause {
  /** When the host refused first, with no answer since. */
  sinceMs: number;
  untilMs: number;
  tooLong: boolean;
}

/** Which hosts asked to be left alone, and until when. */
export class HostPauses {
  readonly #options: HostPausesOptions;
  readonly #pauses = new Map<string, Pause>();

  constructor(options: HostPausesOptions) {
    this.#options = options;
  }

  /** The host asks to be left alone for so long. @returns whether that is short enough to be waited for. */
  add(host: string, askedMs: number): boolean {
    const { now, longestMs } = this.#options;
    const before = this.#pauses.get(host);
    const sinceMs = before?.sinceMs ?? now();
    const untilMs = Math.max(before?.untilMs ?? 0, now() + askedMs);
    const tooLong = before?.tooLong === true || untilMs - sinceMs > longestMs;
    this.#pauses.set(host, { sinceMs, untilMs, tooLong });
    return !tooLong;
  }

  /** The host answered a line well. */
  answered(host: string): void {
    if (this.remainingMs(host) === 0 && !this.isTooLong(host)) this.#pauses.delete(host);
  }

  /** How long the host is to be left alone; 0 when it may be asked. */
  remainingMs(host: string): number {
    const pause = this.#pauses.get(host);
    return pause ? Math.max(0, pause.untilMs - this.#options.now()) : 0;
  }

  /** Whether the host asked for longer than is waited for: nothing more is asked of it. */
  isTooLong(host: string): boolean {
    return this.#pauses.get(host)?.tooLong ?? false;
  }
}

/** Hosts that are reported one by one; of more only their number matters. */
const NOTES_MAX = 10;

/** Counts the lines that a run leaves for the next one, because their hosts asked to be left alone for too long. */
export class LinesGivenUp {
  readonly #note: (line: string) => void;
  readonly #hosts = new Set<string>();
  lines = 0;

  constructor(note: (line: string) => void) {
    this.#note = note;
  }

  add(host: string, forMs: number): void {
    this.lines += 1;
    if (this.#hosts.has(host) || this.#hosts.size >= NOTES_MAX) return;
    this.#hosts.add(host);
    this.#note(`${host} asks to be left alone ${describePause(forMs)}, in all longer than --retry-after-max`);
  }
}

export function describePause(ms: number): string {
  const minutes = Math.ceil(ms / 60_000);
  if (minutes < 2) return `for ${Math.ceil(ms / 1_000)} s more`;
  return minutes < 120 ? `for ${minutes} min more` : `for ${Math.ceil(minutes / 60)} h more`;
}
