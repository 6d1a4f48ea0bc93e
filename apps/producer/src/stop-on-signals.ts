import { constants } from 'node:os';
import process from 'node:process';
import type { Logger } from '@sluice/shared';

export interface Ending {
  /** Fires with the first signal. */
  readonly asked: AbortSignal;
  /** Resolves when the service has stopped by it. */
  readonly stopped: Promise<void>;
}

/** The first SIGTERM or SIGINT stops the service; the second ends the process at once with 128 + its number. */
export function stopOnSignals(service: { stop(): Promise<void> }, logger: Logger): Ending {
  const { promise: stopped, resolve, reject } = Promise.withResolvers<void>();
  const asked = new AbortController();
  const onSignal = (signal: 'SIGTERM' | 'SIGINT'): void => {
    if (asked.signal.aborted) process.exit(128 + constants.signals[signal]);
    asked.abort();
    logger.info({ signal }, 'stopping');
    service.stop().then(resolve, reject);
  };
  // They stay for good: until the process is gone, a second signal must not pass for a first.
  process.on('SIGTERM', () => onSignal('SIGTERM'));
  process.on('SIGINT', () => onSignal('SIGINT'));
  return { asked: asked.signal, stopped };
}
