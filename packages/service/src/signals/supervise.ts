import { type Logger } from '@sluice/queue/logging';
import { exitCodes } from '../exit-codes.ts';
import type { Worker } from '../worker/worker.ts';
import { stopOnSignals } from './stop-on-signals.ts';

/** What is used of the process, so that a test can play it. */
export interface HostProcess {
  on(event: string, listener: (value: unknown) => void): unknown;
  exit(code: number): void;
  /** Present when it was started with an IPC channel. */
  send?: ((message: unknown, ...rest: [undefined, undefined, () => void]) => unknown) | undefined;
  connected?: boolean | undefined;
}

export interface SuperviseOptions {
  host: HostProcess;
  log: Logger;
  /** How long a drain may take in all before the process leaves without it. */
  drainMaxMs: number;
  /** The same for the end of a process whose parent is gone. */
  orphanMaxMs: number;
}

/**
 * Runs a worker until the process is asked to end, and resolves with its exit code.
 *
 * SIGTERM and SIGINT drain; a second signal leaves at once. A parent that opened an IPC channel gets the message `ready`, has
 * SIGINT to itself (a terminal sends it to both), and takes the worker with it when it goes.
 *
 * @throws whatever the start of the worker fails with
 */
export async function supervise(worker: Worker, options: SuperviseOptions): Promise<number> {
  const { host, log, drainMaxMs, orphanMaxMs } = options;
  const ended = Promise.withResolvers<number>();

  const endBy = (deadlineMs: number, ending: Promise<void>): void => {
    setTimeout(() => {
      log.warn({ exitCode: exitCodes.failed }, 'did not stop in time');
      host.exit(exitCodes.failed);
    }, deadlineMs).unref();
    ending.then(() => ended.resolve(exitCodes.stopped), ended.reject);
  };
  const isChild = host.send !== undefined;
  const request = stopOnSignals(host, {
    signals: ['SIGTERM', ...(isChild ? [] : ['SIGINT' as const])],
    onFirst: (signal) => {
      log.info({ signal }, 'draining');
      endBy(drainMaxMs, worker.drain());
    },
    onSecond: (exitCode) => log.warn({ exitCode }, 'asked again, leaving at once'),
  });
  if (isChild) host.on('SIGINT', () => undefined); // its parent has it, too, and decides
  const onOrphaned = (): void => {
    request.make();
    log.info('the parent process is gone, stopping');
    endBy(orphanMaxMs, worker.stop());
  };

  if (isChild) host.on('disconnect', onOrphaned);
  if (isChild && !host.connected) onOrphaned();

  log.debug('connecting'); // from here on a signal is heard
  const started = await worker.start().then(
    () => true,
    (error: unknown) => {
      // A start that was called off is no failure.
      if (request.asked.aborted) return false;
      throw error;
    },
  );
  if (started && host.connected) host.send?.({ type: 'ready' }, undefined, undefined, () => {});
  return ended.promise;
}

/** Faults that nobody caught: what the process knows can no longer be trusted. Its jobs are recovered by others. */
export function leaveOnFault(host: HostProcess, log: Logger): void {
  for (const event of ['uncaughtException', 'unhandledRejection']) {
    host.on(event, (error) => {
      log.fatal({ err: error }, event);
      host.exit(exitCodes.failed);
    });
  }
}
