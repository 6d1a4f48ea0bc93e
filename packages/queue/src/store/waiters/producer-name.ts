import { hostname } from 'node:os';
import { generateId } from '../keys/queue-keys.ts';

/** Of a name; longer hosts are cut. */
const HOST_MAX = 40;
const NAMED = /^([A-Za-z0-9-]{1,40})\.(\d{1,10})\.[0-9A-Za-z]{20}$/;

/**
 * A new id of a producer, which says where it runs: an operator who looks at the waiter queue wants to know who waits. It has no
 * colon, at which scripts split a ticket.
 */
export function nameProducer(): string {
  const host =
    hostname()
      .replaceAll(/[^A-Za-z0-9-]/g, '-')
      .slice(0, HOST_MAX) || 'host';
  return `${host}.${process.pid}.${generateId()}`;
}

/** Where a producer runs, as far as its id says. */
export function placeOfProducer(producer: string): { host: string | null; pid: number | null } {
  const [, host = null, pid = null] = NAMED.exec(producer) ?? [];
  return { host, pid: pid === null ? null : Number(pid) };
}
