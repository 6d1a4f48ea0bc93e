import { SluiceError } from '@sluice/shared';

/** Jobs of the queue were still unfinished when the wait for their end was over. They go on. */
export class JoinTimeoutError extends SluiceError {
  readonly code = 'SLUICE_JOIN_TIMEOUT';
  readonly queue: string;
  /** Unfinished jobs at the last look. */
  readonly depth: number;
  readonly waitMs: number;

  constructor(queue: string, depth: number, waitMs: number) {
    super(`queue ${queue} still had ${depth} unfinished ${depth === 1 ? 'job' : 'jobs'} after ${waitMs} ms`);
    this.queue = queue;
    this.depth = depth;
    this.waitMs = waitMs;
  }
}
