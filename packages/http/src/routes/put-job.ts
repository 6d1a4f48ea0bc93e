import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Receipt } from '@sluice/queue';
import { waitSecondsOf } from '../requests/put-headers.ts';
import { type PutRequest, readPutRequest } from '../requests/put-request.ts';
import type { ServedQueue, ServedQueues } from './served-queues.ts';
import { RedisUnavailableError } from '@sluice/queue/contracts';
import { ClientGoneError } from '../problems/request-errors.ts';

export interface PutJobDeps {
  readonly queues: ServedQueues;
  /** The longest that a request may wait for capacity, in milliseconds; a longer wish is cut to it. */
  readonly waitMaxMs: number;
  /** Fires when the service stops: puts that wait for capacity end then. */
  readonly stopping: AbortSignal;
}

/** How long a put that does not wait for capacity may stay unsent, however slow Redis is. */
const UNSENT_MAX_MS = 5_000;

/**
 * `POST /v1/queues/:queue/jobs`: one job in, one receipt out, once Redis has it. What a full queue does is the queue's
 * policy alone: whose jobs may be dropped is not for a stranger to say.
 */
export function putJobRoute(app: FastifyInstance, { queues, waitMaxMs, stopping }: PutJobDeps): void {
  app.post<{ Params: { queue: string } }>('/v1/queues/:queue/jobs', async (request, reply) => {
    const served = queues.get(request.params.queue);
    const wishMs = Math.min((waitSecondsOf(request.headers.prefer) ?? 0) * 1_000, waitMaxMs);
    const waitMs = served.queue.whenFull === 'wait' ? wishMs : 0;
    const signal = putSignal(reply, waitMs > 0 ? { stopping } : { unsentMaxMs: UNSENT_MAX_MS });
    const { hasId, receipt } = begin(served, request, { waitMs, signal });
    if (waitMs > 0) reply.header('preference-applied', `wait=${Math.floor(waitMs / 1_000)}`);
    return answer(reply, served, { hasId, receipt: await receipt, prefix: app.prefix });
  });
}

interface PutWait {
  waitMs: number;
  signal: AbortSignal;
}

/** Afterwards nothing here holds the payload: a thousand may wait, and the producer keeps each as JSON. */
function begin(
  served: ServedQueue,
  request: FastifyRequest,
  wait: PutWait,
): { hasId: boolean; receipt: Promise<Receipt> } {
  const put = readPutRequest(served.queue, request.body, request.headers);
  request.body = undefined;
  return { hasId: put.options.id !== undefined, receipt: enqueue(served, put, wait) };
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

/** 202: added. 200: it was there already, and nothing was added. */
function answer(
  reply: FastifyReply,
  { queue: { name, idempotencyMs } }: ServedQueue,
  { hasId, receipt, prefix }: { hasId: boolean; receipt: Receipt; prefix: string },
): FastifyReply {
  if (hasId && idempotencyMs !== undefined) reply.header('idempotency-window-ms', idempotencyMs);
  return reply
    .code(receipt.status === 'created' ? 202 : 200)
    .header('location', `${prefix}/v1/queues/${encodeURIComponent(name)}/jobs/${encodeURIComponent(receipt.id)}`)
    .send({ queue: name, ...receipt });
}

/** What calls a put off, in addition to a client that is gone. */
interface PutSignalOptions {
  /** Fires when the service stops. For a put that waits for capacity. */
  readonly stopping?: AbortSignal;
  /** How long a put that does not wait for capacity may stay unsent. */
  readonly unsentMaxMs?: number;
}

/** Calls a put off that was not sent yet: when nobody is left to read the answer, and by what else ends it. */
function putSignal(reply: FastifyReply, { stopping, unsentMaxMs }: PutSignalOptions): AbortSignal {
  const off = new AbortController();
  const onStop = (): void => off.abort(stopping?.reason);
  const timer =
    unsentMaxMs === undefined
      ? undefined
      : setTimeout(() => off.abort(new RedisUnavailableError('its address')), unsentMaxMs);
  if (stopping?.aborted) onStop();
  stopping?.addEventListener('abort', onStop, { once: true });
  const over = (): void => {
    reply.raw.off('finish', over).off('close', onClose);
    clearTimeout(timer);
    stopping?.removeEventListener('abort', onStop);
  };
  const onClose = (): void => {
    over();
    off.abort(new ClientGoneError());
  };
  reply.raw.on('finish', over).on('close', onClose);
  return off.signal;
}
