import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Receipt } from '@sluice/queue';
import { needs } from '../auth/verbs.ts';
import type { ClientShares } from '../requests/client-shares.ts';
import type { KeysInProgress } from '../requests/keys-in-progress.ts';
import { type PutRequest, readPutRequest } from '../requests/put-request.ts';
import type { ServedQueue, ServedQueues } from './served-queues.ts';
import { explainShare, type PutWait, waitOf } from './put-wait.ts';
import { sendReceipt } from './send-receipt.ts';

export interface PutJobDeps {
  readonly queues: ServedQueues;
  /** The longest that a request may wait for capacity, in milliseconds; a longer wish is cut to it. */
  readonly waitMaxMs: number;
  /** The puts that may wait for capacity. */
  readonly waiters: ClientShares;
  readonly keys: KeysInProgress;
  /** Fires when the service stops: puts that wait for capacity end then. */
  readonly stopping: AbortSignal;
}

/**
 * `POST /v1/queues/:queue/jobs`: one job in, one receipt out, once Redis has it. What a full queue does is the queue's
 * policy alone: whose jobs may be dropped is not for a stranger to say.
 */
export function putJobRoute(app: FastifyInstance, { queues, keys, ...waits }: PutJobDeps): void {
  app.post<{ Params: { queue: string } }>('/v1/queues/:queue/jobs', needs('put'), async (request, reply) => {
    const served = queues.get(request.params.queue);
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
  const { id } = put.options;
  const enqueued = (): Promise<Receipt> => explainShare(enqueue(served, put, wait), wait);
  const receipt = put.hasKey && id !== undefined ? keys.run({ queue: served.queue.name, id }, enqueued) : enqueued();
  return { hasId: id !== undefined, receipt };
}

function enqueue(
  { queue, producer }: ServedQueue,
  { contract, payload, options }: PutRequest,
  { waitMs, signal }: PutWait,
): Promise<Receipt> {
  if (waitMs > 0) return producer.put(contract, payload, { ...options, waitMs, signal });
  // A queue that drops jobs does so for a put from here, too; it never waits.
  const drops = queue.whenFull.startsWith('drop-');
  return producer[drops ? 'put' : 'tryPut'](contract, payload, { ...options, signal });
}
