import type { Receipt } from '@sluice/queue';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { waitSecondsOf } from '../prefer.ts';
import { readPutRequest } from '../put-request.ts';
import type { PutRequest } from '../put-request.ts';
import type { ServedQueue, ServedQueues } from '../served-queues.ts';
import { waitSignal } from '../wait-signal.ts';

export interface PutJobOptions {
  readonly queues: ServedQueues;
  /** The longest that a request may wait for room, in milliseconds; a longer wish is cut to it. */
  readonly waitMaxMs: number;
  /** Fires when the service stops: puts that wait for room end then. */
  readonly stopping: AbortSignal;
}

interface Room {
  waitMs: number;
  signal: AbortSignal;
}

/**
 * `POST /v1/queues/:queue/jobs`: one job in, one receipt out, once Redis has it. What a full queue does is the queue's
 * policy alone: whose jobs may be dropped is not for a stranger to say.
 */
export function putJobRoute(app: FastifyInstance, { queues, waitMaxMs, stopping }: PutJobOptions): void {
  app.post<{ Params: { queue: string } }>('/v1/queues/:queue/jobs', async (request, reply) => {
    const served = queues.get(request.params.queue);
    const put = readPutRequest(served.queue, request.body, request.headers);
    const wishMs = Math.min((waitSecondsOf(request.headers.prefer) ?? 0) * 1_000, waitMaxMs);
    const waitMs = served.queue.whenFull === 'wait' ? wishMs : 0;
    if (waitMs > 0) reply.header('preference-applied', `wait=${Math.floor(waitMs / 1_000)}`);
    const receipt = await enqueue(served, put, waitMs > 0 ? { waitMs, signal: waitSignal(reply, stopping) } : null);
    const { idempotencyMs } = served.queue;
    if (put.options.id !== undefined && idempotencyMs !== undefined)
      reply.header('idempotency-window-ms', idempotencyMs);
    return answer(reply, served.queue.name, receipt);
  });
}

function enqueue(
  { queue, producer }: ServedQueue,
  { contract, payload, options }: PutRequest,
  room: Room | null,
): Promise<Receipt> {
  if (room) return producer.put(contract, payload, { ...options, ...room });
  // A queue that drops jobs does so for a put from here, too; it never waits.
  const drops = queue.whenFull.startsWith('drop-');
  return drops ? producer.put(contract, payload, options) : producer.tryPut(contract, payload, options);
}

/** 202: added. 200: it was there already, and nothing was added. */
function answer(reply: FastifyReply, queue: string, receipt: Receipt): FastifyReply {
  return reply
    .code(receipt.status === 'created' ? 202 : 200)
    .header('location', `/v1/queues/${encodeURIComponent(queue)}/jobs/${encodeURIComponent(receipt.id)}`)
    .send({ queue, ...receipt });
}
