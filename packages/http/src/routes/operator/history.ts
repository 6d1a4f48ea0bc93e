import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { needs } from '../../auth/verbs.ts';
import { parseFields } from '../../requests/parse-fields.ts';
import type { OperatorQueues } from '../served-queues.ts';
import { ANSWER_BYTES } from '../../requests/answer-limit.ts';
import { historyAnswer } from '../../openapi/answers/queue-answers.ts';

const ms = z.coerce.number().int().min(0);
const query = z.strictObject({
  since: ms.optional(),
  until: ms.optional(),
  job: z.string().optional(),
  everyMs: ms.optional(),
});

/** `GET /v1/queues/:queue/history`: what happened to its jobs, minute by minute. */
export function historyRoute(app: FastifyInstance, { queues }: { queues: OperatorQueues }): void {
  app.get<{ Params: { queue: string } }>(
    '/v1/queues/:queue/history',
    needs('read', {
      answerMaxBytes: ANSWER_BYTES.list,
      doc: { summary: 'Show what happened to the jobs of a queue', answer: historyAnswer, query: query },
    }),
    async ({ params, query: given }) => {
      const { since, until, job, everyMs } = parseFields(query, given);
      const history = await queues.admin(params.queue).history({
        ...(since !== undefined && { since }),
        ...(until !== undefined && { until }),
        ...(job !== undefined && { job }),
        ...(everyMs !== undefined && { everyMs }),
      });
      return { queue: params.queue, ...history };
    },
  );
}
