import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { needs } from '../../auth/verbs.ts';
import { parseFields } from '../../requests/parse-fields.ts';
import type { OperatorQueues } from '../served-queues.ts';
import { ANSWER_BYTES } from '../../requests/answer-limit.ts';
import { poolOrderAnswer, poolsAnswer } from '../../openapi/answers/queue-answers.ts';

const waitMs = z.int().min(0).max(30_000).default(5_000);
const settings = z.strictObject({
  concurrency: z.int().min(1).max(10_000),
  pools: z.array(z.string()).min(1).max(1_000).exactOptional(),
  waitMs,
});
const drain = z.strictObject({
  pools: z.array(z.string()).min(1).max(1_000),
  timeoutMs: z.int().min(0).max(86_400_000).exactOptional(),
  waitMs,
});

type OfQueue = { Params: { queue: string } };

/**
 * `GET /v1/queues/:queue/pools`: which pools work on the queue, and what they run. `PATCH`: sets their slots. `POST …/pools/drain`:
 * has some take no more jobs, and end.
 */
export function poolsRoutes(app: FastifyInstance, { queues }: { queues: OperatorQueues }): void {
  app.get<OfQueue>(
    '/v1/queues/:queue/pools',
    needs('read', {
      answerMaxBytes: ANSWER_BYTES.list,
      doc: { summary: 'List the pools of a queue', answer: poolsAnswer },
    }),
    async ({ params }) => ({
      queue: params.queue,
      ...(await queues.admin(params.queue).pools.list()),
    }),
  );
  app.patch<OfQueue>(
    '/v1/queues/:queue/pools',
    needs('operate', { doc: { summary: 'Set the slots of pools', answer: poolOrderAnswer, body: settings } }),
    async ({ params, body }) => {
      const { pools } = queues.admin(params.queue);
      const { concurrency, ...options } = parseFields(settings, body);
      return { queue: params.queue, ...(await pools.setConcurrency(concurrency, options)) };
    },
  );
  app.post<OfQueue>(
    '/v1/queues/:queue/pools/drain',
    needs('operate', { doc: { summary: 'Have pools end', answer: poolOrderAnswer, body: drain } }),
    async ({ params, body }) => {
      const { pools } = queues.admin(params.queue);
      return { queue: params.queue, ...(await pools.drain(parseFields(drain, body))) };
    },
  );
}
