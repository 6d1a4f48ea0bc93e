import { randomBytes } from 'node:crypto';
import {
  type BatchHandler,
  decodeResult,
  encodePayload,
  type Handler,
  type JobContract,
  type PayloadInput,
  silentLogger,
  type ThreadHandler,
} from '@sluice/queue';
import { type AloneRun, runAlone } from '@sluice/queue/testing';
import { recordsOf } from './child-run.ts';
import type { EndedBy, JobRun, JobRunEnd } from './job-run.ts';
import { checkHandler, checkRunOptions, type RunJobOptions } from './run-job-options.ts';

/**
 * Runs a handler once as a worker pool would, without Redis: the payload is checked by the contract, stored as JSON and read
 * back; the handler runs under its deadline and grace, with a signal, and may call `progress`, `extend`, `ack`, `nack` and `term`;
 * its result is checked and encoded. A handler made by `inThread` runs in a thread, one made by `defineBatchHandler` gets a batch of one.
 *
 * Returns how it ended, and what would become of the job; a handler that throws does not reject.
 *
 * @throws PayloadInvalidError, TooLargeError when a put of this payload would be refused
 * @throws OptionError when an option is out of its range, or unknown; TypeError when the first argument is no handler
 */
export function runJob<C extends JobContract>(
  handler: Handler<C> | ThreadHandler<C> | BatchHandler<C>,
  payload: PayloadInput<C>,
  options?: RunJobOptions & { version?: undefined },
): Promise<JobRun<C>>;
export function runJob<C extends JobContract>(
  handler: Handler<C> | ThreadHandler<C> | BatchHandler<C>,
  payload: unknown,
  options: RunJobOptions & { version: number },
): Promise<JobRun<C>>;
export async function runJob<C extends JobContract>(
  handler: Handler<C> | ThreadHandler<C> | BatchHandler<C>,
  payload: unknown,
  options: RunJobOptions = {},
): Promise<JobRun<C>> {
  checkHandler(handler);
  checkRunOptions(options);
  const { contract } = handler;
  const { attempt = 1, version = contract.version, timeoutMs, expiresAt } = options;
  const maxAttempts = options.maxAttempts ?? Math.max(contract.retry.attempts, attempt);
  const json =
    version < contract.version ? JSON.stringify(payload ?? null) : (await encodePayload(contract, payload)).json;
  const stamp = { v: version, ...(timeoutMs ? { t: timeoutMs } : {}), ...(expiresAt ? { e: expiresAt } : {}) };
  const id = options.id ?? randomBytes(8).toString('hex');
  const run = await runAlone(
    handler,
    {
      id,
      json,
      options: { attempts: maxAttempts, sluice: stamp },
      attempt,
      fencingToken: options.fencingToken ?? Date.now() * 1_000,
    },
    {
      signal: options.signal,
      children: await recordsOf(id, options.children ?? []),
      log: options.logger ?? silentLogger(),
      random: options.random ?? Math.random,
    },
  );
  return {
    ...(await endOf(contract, run)),
    attempt,
    maxAttempts,
    endedBy: endedBy(run),
    abandoned: run.isAbandoned,
    progress: run.progress,
    extendedMs: run.calls.filter(({ method }) => method === 'extend').map(({ argument }) => Number(argument)),
    thrown: run.wasCalled ? run.thrown : run.faults[0],
  };
}

async function endOf<C extends JobContract>(contract: C, { outcome }: AloneRun): Promise<JobRunEnd<C>> {
  switch (outcome.kind) {
    case 'completed':
      return { outcome: 'completed', result: await decodeResult(contract, outcome.result) };
    case 'retried':
      return { outcome: 'retried', error: outcome.failure, delayMs: outcome.delayMs };
    case 'released':
      return { outcome: 'released', error: outcome.reason, delayMs: outcome.delayMs };
    case 'dead':
    case 'expired':
      return { outcome: outcome.kind, error: outcome.failure };
    case 'cancelled':
      throw new Error('nobody could cancel a job that was never stored');
    case 'missing':
      throw new Error('a job that was never stored cannot be missing');
    default:
      return outcome satisfies never;
  }
}

function endedBy({ calls, outcome, thrown, wasCalled }: AloneRun): EndedBy {
  if (!wasCalled) return outcome.kind === 'expired' ? 'expiry' : 'not-run';
  for (const { method } of calls) if (method !== 'extend') return method;
  if (outcome.kind === 'expired') return 'expiry';
  const code = codeOf(outcome);
  if (code === 'SLUICE_JOB_TIMEOUT') return 'deadline';
  if (code === 'SLUICE_JOB_INTERRUPTED') return 'drain';
  return thrown === undefined ? 'return' : 'throw';
}

function codeOf(outcome: AloneRun['outcome']): string {
  if ('failure' in outcome) return outcome.failure.code;
  return 'reason' in outcome ? outcome.reason.code : '';
}
