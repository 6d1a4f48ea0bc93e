import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { needs } from '../../auth/verbs.ts';
import { parseFields } from '../../requests/parse-fields.ts';
import type { OperatorQueues } from '../served-queues.ts';
import { ANSWER_BYTES } from '../../requests/answer-limit.ts';
import { poisonAnswer } from '../../openapi/answers/queue-answers.ts';

const query = z.strictObject({ limit: z.coerce.number().int().min(1).max(1_000).optional() });

/** `GET /v1/queues/:queue/poison`: crash suspects, what they wait for, and the jobs that were found to end their workers. */
export function poisonRoute(app: FastifyInstance, { queues }: { queues: OperatorQueues }): void {
  app.get<{ Params: { queue: string } }>(
    '/v1/queues/:queue/poison',
    needs('read', {
      answerMaxBytes: ANSWER_BYTES.list,
      doc: { summary: 'Show jobs that end their workers', answer: poisonAnswer, query: query },
    }),
    async ({ params, query: given }) => {
      const { limit = 100 } = parseFields(query, given);
      return { queue: params.queue, ...(await queues.admin(params.queue).poison.report({ limit })) };
    },
  );
}
