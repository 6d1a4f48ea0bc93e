import type { Logger } from '../job/logging/logger.ts';
import type { WarningCode } from '../job/logging/warning-logger.ts';
import type { JobEvent, PoolEmitter } from '../attempt/pool-events.ts';

const WARNINGS = {
  leases: 'leases-not-renewed',
  redis: 'redis-lost',
  fault: 'fault',
  unserved: 'jobs-not-served',
} satisfies Record<string, WarningCode>;

/** Writes a pool's events to its log: the course of a job at debug, failures at warn, never a payload. */
export function logEvents(events: PoolEmitter, log: Logger): void {
  events.on('started', (event) => log.debug(about(event), 'job started'));
  events.on('completed', (event) => log.debug(about(event), 'job completed'));
  events.on('released', (event) => log.debug(about(event), 'job given back'));
  events.on('retried', (event) => log.warn(about(event), 'attempt failed, will be tried again'));
  events.on('dead', (event) => log.warn(about(event), 'job failed for good'));
  events.on('expired', (event) => log.warn(about(event), 'job expired'));
  events.on('missing', (event) => log.debug(about(event), 'job had been removed'));
  events.on('extended', (event) => log.debug(about(event), 'deadline moved'));
  events.on('errorAfterSettle', (event) => log.warn(about(event), 'handler threw after it had settled its attempt'));
  events.on('abandoned', (event) => log.warn(about(event), 'handler ignored its signal and was given up'));
  events.on('terminated', (event) => log.warn(about(event), 'handler ignored its signal and its thread was ended'));
  events.on('leaseLost', (event) => log.warn(about(event), 'lease lost, the end of an attempt was not written'));
  events.on('settledByWatchdog', (event) =>
    log.warn(
      about(event),
      'event loop blocked beyond the end of an attempt: it was ended as timed out, this end came too late',
    ),
  );
  events.on('reacquired', (event) => log.info(event, 'reacquired leases that had run out'));
  events.on('leaseThreadLost', (event) =>
    log.warn({ warning: WARNINGS.leases, reason: event.message }, 'leases cannot be renewed'),
  );
  events.on('leaseThreadBack', (event) => log.info(event, 'leases are renewed again'));
  events.on('recovered', (event) => log.info({ count: event.ids.length }, 'gave back jobs of workers that are gone'));
  events.on('loopBlocked', (event) =>
    log.warn(event, 'the event loop was blocked: give work that computes for long to a thread, with inThread'),
  );
  events.on('draining', (event) => log.debug(event, 'taking no more jobs'));
  events.on('interrupting', (event) => log.info(event, 'aborting what still runs'));
  events.on('stopped', () => log.debug('stopped'));
  events.on('redisLost', (event) => log.warn({ warning: WARNINGS.redis, reason: event.message }, 'Redis is away'));
  events.on('redisBack', (event) => log.info(event, 'Redis is back'));
  events.on('unserved', ({ job, code, message }) =>
    log.warn({ warning: WARNINGS.unserved, job, code, message }, `jobs of this name cannot be run here: ${message}`),
  );
  events.on('fault', ({ where, error }) =>
    log.error({ warning: WARNINGS.fault, where, err: error }, 'unexpected error'),
  );
}

/** A job by the names that its handler's own lines have. */
function about({ id, ...event }: JobEvent): Record<string, unknown> {
  return { jobId: id, ...event };
}
