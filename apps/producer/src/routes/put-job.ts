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

/** `POST /v1/queues/:queue/jobs`: one job in, one receipt out, once Redis has it. */
export function putJobRoute(app: FastifyInstance, { queues, waitMaxMs, stopping }: PutJobOptions): void {
  app.post<{ Params: { queue: string } }>('/v1/queues/:queue/jobs', async (request, reply) => {
    const served = queues.get(request.params.queue);
    const put = readPutRequest(served.queue, request.body, request.headers);
    const waitMs = Math.min((waitSecondsOf(request.headers.prefer) ?? 0) * 1_000, waitMaxMs);
    if (waitMs > 0) reply.header('preference-applied', `wait=${Math.floor(waitMs / 1_000)}`);
    const receipt = await enqueue(served, put, waitMs > 0 ? { waitMs, signal: waitSignal(reply, stopping) } : null);
    return answer(reply, served.queue.name, receipt);
  });
}

function enqueue(
  { producer }: ServedQueue,
  { contract, payload, options }: PutRequest,
  room: Room | null,
): Promise<Receipt> {
  if (!room) return producer.tryPut(contract, payload, options);
  return producer.put(contract, payload, { ...options, ...room });
}

/** 202: added. 200: it was there already, and nothing was added. */
function answer(reply: FastifyReply, queue: string, receipt: Receipt): FastifyReply {
  return reply
    .code(receipt.status === 'created' ? 202 : 200)
    .header('location', `/v1/queues/${encodeURIComponent(queue)}/jobs/${encodeURIComponent(receipt.id)}`)
    .send({ queue, ...receipt });
}
