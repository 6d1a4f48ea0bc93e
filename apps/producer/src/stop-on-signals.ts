import { constants } from 'node:os';
import process from 'node:process';
import type { Logger } from '@sluice/queue/logging';

export interface Ending {
  /** Fires with the first signal. */
  readonly asked: AbortSignal;
  /** Resolves when the service has stopped by it. */
  readonly stopped: Promise<void>;
}

/** What is stopped: after so many milliseconds in which it goes on. */
interface Stoppable {
  stop(delayMs: number): Promise<void>;
}

/**
 * The first SIGTERM or SIGINT stops the service; the second ends the process at once with 128 + its number. SIGTERM comes from what
 * runs many of them, and gives load balancers `delayMs` to learn of it; SIGINT comes from a person at a terminal, who waits.
 */
export function stopOnSignals(service: Stoppable, logger: Logger, delayMs: number): Ending {
  const { promise: stopped, resolve, reject } = Promise.withResolvers<void>();
  const asked = new AbortController();
  const onSignal = (signal: 'SIGTERM' | 'SIGINT'): void => {
    if (asked.signal.aborted) process.exit(128 + constants.signals[signal]);
    asked.abort();
    logger.info({ signal }, 'stopping');
    service.stop(signal === 'SIGTERM' ? delayMs : 0).then(resolve, reject);
  };
  // They stay for good: until the process is gone, a second signal must not pass for a first.
  process.on('SIGTERM', () => onSignal('SIGTERM'));
  process.on('SIGINT', () => onSignal('SIGINT'));
  return { asked: asked.signal, stopped };
}
