import type { Logger } from '@sluice/shared';
import type { PoolEmitter } from './pool-events.ts';

/** Writes a pool's events to its log: the course of a job at debug, failures at warn, never a payload. */
export function logEvents(events: PoolEmitter, log: Logger): void {
  events.on('started', (event) => log.debug(event, 'job started'));
  events.on('completed', (event) => log.debug(event, 'job completed'));
  events.on('released', (event) => log.debug(event, 'job given back'));
  events.on('retried', (event) => log.warn(event, 'attempt failed, will be tried again'));
  events.on('dead', (event) => log.warn(event, 'job failed for good'));
  events.on('expired', (event) => log.warn(event, 'job expired'));
  events.on('cancelled', (event) => log.debug(event, 'job had been removed'));
  events.on('extended', (event) => log.debug(event, 'deadline moved'));
  events.on('strayError', (event) => log.warn(event, 'handler threw after it had settled its attempt'));
  events.on('abandoned', (event) => log.warn(event, 'handler ignored its signal and was given up'));
  events.on('terminated', (event) => log.warn(event, 'handler ignored its signal and its thread was ended'));
  events.on('leaseLost', (event) => log.warn(event, 'lease lost, the end of an attempt was not written'));
  events.on('overtaken', (event) =>
    log.warn(
      event,
      'event loop blocked beyond the end of an attempt: it was ended as timed out, this end came too late',
    ),
  );
  events.on('regained', (event) => log.info(event, 'took back leases that had run out'));
  events.on('keeperLost', (event) => log.warn({ reason: event.message }, 'leases cannot be renewed'));
  events.on('keeperBack', (event) => log.info(event, 'leases are renewed again'));
  events.on('recovered', (event) => log.info({ count: event.ids.length }, 'gave back jobs of workers that are gone'));
  events.on('loopBlocked', (event) => log.warn(event, 'the event loop was blocked'));
  events.on('draining', (event) => log.debug(event, 'taking no more jobs'));
  events.on('interrupting', (event) => log.info(event, 'aborting what still runs'));
  events.on('stopped', () => log.debug('stopped'));
  events.on('redisLost', (event) => log.warn({ reason: event.message }, 'Redis is away'));
  events.on('redisBack', (event) => log.info(event, 'Redis is back'));
  events.on('fault', ({ where, error }) => log.error({ where, err: error }, 'unexpected error'));
}
