import { STATUS_CODES } from 'node:http';
import { FetchError } from '../errors/fetch-error.ts';

/** A host asked to be left alone, and said for how long (Retry-After). */
export class HostRefusal extends FetchError {
  /** Host and port. */
  readonly host: string;
  readonly retryAfterMs: number;
  /** The status of its answer; null when it was not asked, because it had refused before. */
  readonly status: number | null;

  constructor(host: string, retryAfterMs: number, status: number | null) {
    super('HTTP', `${describe(status)}: the host asks to be left alone for ${Math.ceil(retryAfterMs / 1_000)} s`);
    this.host = host;
    this.retryAfterMs = retryAfterMs;
    this.status = status;
  }
}

function describe(status: number | null): string {
  return status === null ? 'not asked' : `Status ${status} ${STATUS_CODES[status] ?? ''}`.trimEnd();
}
