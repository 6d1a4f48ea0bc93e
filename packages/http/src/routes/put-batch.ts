import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { needs } from '../auth/verbs.ts';
import { ANSWER_BYTES, type AnswerLimit } from '../requests/answer-limit.ts';
import type { KeysInProgress } from '../requests/keys-in-progress.ts';
import { BATCH_MAX } from '../requests/load-limit.ts';
import { results as batchResults } from '../openapi/receipt.ts';
import type { RouteDoc } from '../openapi/route-doc.ts';
import { putOfManyBody } from '../requests/put-request.ts';
import { parseFields } from '../requests/parse-fields.ts';
import { logFault } from '../problems/send-problem.ts';
import { enqueueOneOf, identityOfMany, type PutAnswer } from './enqueue.ts';
import { type PutWait, type PutWaitDeps, waitOf } from './put-wait.ts';
import type { ServedQueue, ServedQueues } from './served-queues.ts';

export interface PutBatchDeps extends Omit<PutWaitDeps, 'queue'> {
  readonly queues: ServedQueues;
  readonly answers: AnswerLimit;
  readonly keys: KeysInProgress;
}

/** Each is looked into alone. */
const body = z.array(z.unknown()).max(BATCH_MAX.jobs);

const doc: RouteDoc = {
  summary: 'Put up to 100 jobs, each with a receipt or a problem',
  body: z.array(putOfManyBody).max(BATCH_MAX.jobs),
  answer: batchResults,
  headers: ['Prefer'],
};

/** `POST /v1/queues/:queue/jobs/batch`: a list of jobs in, for each a receipt or a problem out. They go to Redis in one call. */
export function putBatchRoute(app: FastifyInstance, { queues, answers, keys, ...waits }: PutBatchDeps): void {
  const options = needs('put', { bodyMaxBytes: BATCH_MAX.bytes, doc });
  app.post<{ Params: { queue: string } }>('/v1/queues/:queue/jobs/batch', options, async (request, reply) => {
    const served = queues.get(request.params.queue);
    const wait = waitOf(request, reply, { queue: served.queue, ...waits });
    const begun = await begin(served, request, {
      wait,
      keys,
      enter: (puts) => answers.enter(request, reply, { bytes: puts * ANSWER_BYTES.put }),
    });
    const results = await Promise.all(begun);
    const retryAfterMs = Math.max(...results.map(retryAfterMsOf), 0);
    if (retryAfterMs > 0) reply.header('retry-after', Math.ceil(retryAfterMs / 1_000));
    return { queue: served.queue.name, results };
  });
}

interface BatchDeps {
  readonly wait: PutWait;
  readonly keys: KeysInProgress;
  /** Takes what the answers to this many puts may have. */
  readonly enter: (puts: number) => Promise<unknown>;
}

/** Afterwards nothing here holds the payloads. */
async function begin(
  served: ServedQueue,
  request: FastifyRequest,
  { wait, keys, enter }: BatchDeps,
): Promise<Promise<PutAnswer>[]> {
  const identity = identityOfMany(request);
  const puts = parseFields(body, request.body);
  request.body = undefined;
  await enter(puts.length);
  const onError = (error: unknown): void => void logFault(request, error);
  return puts.map((put) => enqueueOneOf(served, () => put, { identity, wait, keys, onError }));
}

function retryAfterMsOf(answer: PutAnswer): number {
  const given = 'problem' in answer ? answer.problem['retryAfterMs'] : undefined;
  return typeof given === 'number' ? given : 0;
}
