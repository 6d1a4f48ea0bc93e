import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { needs } from '../../auth/verbs.ts';
import { parseFields } from '../../requests/parse-fields.ts';
import type { OperatorQueues } from '../served-queues.ts';
import { ANSWER_BYTES } from '../../requests/answer-limit.ts';
import { waitersAnswer } from '../../openapi/answers/queue-answers.ts';

const query = z.strictObject({ limit: z.coerce.number().int().min(1).max(1_000).exactOptional() });

/** `GET /v1/queues/:queue/waiters`: who waits for capacity, since when, and for how much. */
export function waitersRoute(app: FastifyInstance, { queues }: { queues: OperatorQueues }): void {
  app.get<{ Params: { queue: string } }>(
    '/v1/queues/:queue/waiters',
    needs('read', {
      answerMaxBytes: ANSWER_BYTES.list,
      doc: { summary: 'List the puts that wait for capacity', answer: waitersAnswer, query: query },
    }),
    async (request) => {
      const { queue } = request.params;
      return { queue, ...(await queues.admin(queue).waiters(parseFields(query, request.query))) };
    },
  );
}
