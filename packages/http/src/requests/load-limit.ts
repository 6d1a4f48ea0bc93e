import { limits } from '@sluice/queue/contracts';
import { OverloadedError } from '../problems/request-errors.ts';

export { watchDefaults } from './watch-limit.ts';

/** What all requests under way may take together. */
export interface LoadLimits {
  /** Requests under way at once. */
  readonly requestsMax: number;
  /** Bytes of their bodies, as sent, together. */
  readonly bodiesMaxBytes: number;
}

/** The longest that anybody may wait for capacity: proxies cut off what is silent for a minute. */
export const WAIT_MOST_MS = 60_000;

/** How many puts of one client may wait for capacity, where the service does not say. */
export function waitersPerClientOf(requestsMax: number): number {
  return Math.max(1, Math.floor(requestsMax / 2));
}

/** What a payload may have as compact JSON, and space for the rest of the body and for white space. */
export const BODY_MAX_BYTES: number = limits.payloadMaxBytes + 32 * 1_024;
/** What fits into 256 MiB, whatever becomes of Redis. */
export const loadDefaults = { requestsMax: 1_000, bodiesMaxBytes: 16 * 2 ** 20 } as const satisfies LoadLimits;

/** What a put of many may have as one body: what goes to Redis in one call. */
export const BATCH_MAX = { jobs: 100, bytes: 2 ** 20 } as const;

/** A stream of lines: what it holds of them, and that at once. */
export const STREAM_MAX = {
  /** Lines whose answer has not been written. */
  lines: 200,
  /** Bytes of those lines. The last one may be above. */
  bytes: 256 * 1_024,
  /** What a stream counts as among the bodies of all requests: these, a line that comes, and their answers. */
  reservedBytes: 2 ** 20,
} as const;

/** How many streams there may be at once, and of one client: they take half of what bodies may. */
export function streamShares(bodiesMaxBytes: number): { most: number; mostOfOne: number } {
  const most = Math.max(1, Math.floor(bodiesMaxBytes / 2 / STREAM_MAX.reservedBytes));
  return { most, mostOfOne: Math.ceil(most / 2) };
}

/** What one request takes of the limits. */
export interface RequestLoad {
  /** @throws OverloadedError when the bodies that are here take up all that they may */
  addBytes(bytes: number): void;
  /** The request is over. Safe to call twice. */
  release(): void;
}

/**
 * Bounds what all requests under way may take together, so that an outage of Redis, in which they pile up, cannot make the service
 * grow until it is killed. What is over is refused at once.
 */
export class LoadLimit {
  readonly #limits: LoadLimits;
  #requests = 0;
  #bytes = 0;

  constructor(limits: LoadLimits) {
    this.#limits = limits;
  }

  /** @throws OverloadedError when as many requests as may be are under way */
  enter(): RequestLoad {
    if (this.#requests >= this.#limits.requestsMax) throw new OverloadedError();
    this.#requests += 1;
    let held: number | undefined = 0;
    return {
      addBytes: (bytes) => {
        if (held === undefined) return;
        if (this.#bytes + bytes > this.#limits.bodiesMaxBytes) throw new OverloadedError();
        this.#bytes += bytes;
        held += bytes;
      },
      release: () => {
        if (held === undefined) return;
        this.#requests -= 1;
        this.#bytes -= held;
        held = undefined;
      },
    };
  }
}
