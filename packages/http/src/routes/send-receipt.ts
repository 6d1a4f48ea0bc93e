import type { Receipt } from '@sluice/queue';
import type { FastifyReply } from 'fastify';
import type { ServedQueue } from './served-queues.ts';

/** 202: added. 200: it was there already, and nothing was added. */
export function sendReceipt(
  reply: FastifyReply,
  { queue: { name, idempotencyMs } }: ServedQueue,
  { hasId, receipt, prefix }: { hasId: boolean; receipt: Receipt; prefix: string },
): FastifyReply {
  if (hasId && idempotencyMs !== undefined) reply.header('idempotency-window-ms', idempotencyMs);
  return reply
    .code(receipt.status === 'created' ? 202 : 200)
    .header('location', `${prefix}/v1/queues/${encodeURIComponent(name)}/jobs/${encodeURIComponent(receipt.id)}`)
    .type('application/json; charset=utf-8')
    .send(JSON.stringify({ queue: name, ...receipt })); // nothing in a receipt needs the care that results do
}
