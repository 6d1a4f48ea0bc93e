import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Receipt } from '@sluice/queue';
import { needs } from '../auth/verbs.ts';
import type { KeysInProgress } from '../requests/keys-in-progress.ts';
import { putBody, putOfManyBody, readPutRequest } from '../requests/put-request.ts';
import { LinesBody } from '../requests/read-body.ts';
import { receipt } from '../openapi/receipt.ts';
import type { RouteDoc } from '../openapi/route-doc.ts';
import { enqueueKeyed } from './enqueue.ts';
import { putLines, type PutLinesDeps } from './put-lines.ts';
import { type PutWait, type PutWaitDeps, waitOf } from './put-wait.ts';
import { sendReceipt } from './send-receipt.ts';
import type { ServedQueue, ServedQueues } from './served-queues.ts';

export interface PutDeps extends Omit<PutWaitDeps, 'queue'> {
  readonly queues: ServedQueues;
  readonly keys: KeysInProgress;
}

const doc: RouteDoc = {
  summary: 'Put a job, or a stream of them as lines',
  body: putBody,
  lines: putOfManyBody,
  statuses: [200, 202],
  answer: receipt,
  problems: ['SLUICE_TOO_MANY_STREAMS', 'SLUICE_STREAM_STALLED'],
  headers: ['Idempotency-Key', 'Prefer'],
};

/** `POST /v1/queues/:queue/jobs`: one job in, one receipt out, once Redis has it. Or lines of them: see {@link putLines}. */
export function putJobRoute(app: FastifyInstance, deps: PutDeps & PutLinesDeps): void {
  const { queues, keys, ...waits } = deps;
  const options = needs('put', { takesLines: true, doc });
  app.post<{ Params: { queue: string } }>('/v1/queues/:queue/jobs', options, async (request, reply) => {
    const served = queues.get(request.params.queue);
    if (request.body instanceof LinesBody) return putLines(request, reply, { served, body: request.body, deps });
    const wait = waitOf(request, reply, { queue: served.queue, ...waits });
    const { hasId, receipt } = begin(served, request, { wait, keys });
    return sendReceipt(reply, served, { hasId, receipt: await receipt, prefix: app.prefix });
  });
}

/** Afterwards nothing here holds the payload: a thousand may wait, and the producer keeps each as JSON. */
function begin(
  served: ServedQueue,
  request: FastifyRequest,
  { wait, keys }: { wait: PutWait; keys: KeysInProgress },
): { hasId: boolean; receipt: Promise<Receipt> } {
  const put = readPutRequest(served.queue, request.body, request);
  request.body = undefined;
  return { hasId: put.options.id !== undefined, receipt: enqueueKeyed(served, put, { keys, wait }) };
}
