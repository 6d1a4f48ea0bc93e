import type { FastifyInstance } from 'fastify';
import { needs } from '../../auth/verbs.ts';
import { HttpRefusal } from '../../problems/request-errors.ts';
import type { OperatorQueues } from '../served-queues.ts';
import { dedupeAnswer, dedupeEndAnswer } from '../../openapi/answers/job-answers.ts';

interface DedupeParams {
  queue: string;
  job: string;
  key: string;
}

/** `GET` and `DELETE /v1/queues/:queue/dedupe/:job/:key`: with which job puts of a key are joined, and the end of that. */
export function dedupeRoutes(app: FastifyInstance, { queues }: { queues: OperatorQueues }): void {
  const url = '/v1/queues/:queue/dedupe/:job/:key';
  app.get<{ Params: DedupeParams }>(
    url,
    needs('read', { doc: { summary: 'Show with which job puts of a key are joined', answer: dedupeAnswer } }),
    async ({ params }) => {
      const owner = await queues.admin(params.queue).dedupe.find(params.job, params.key);
      if (!owner) throw unknownKey();
      return { ...params, ...owner };
    },
  );
  app.delete<{ Params: DedupeParams }>(
    url,
    needs('operate', { doc: { summary: 'End a deduplication key early', answer: dedupeEndAnswer } }),
    async ({ params }) => {
      const removed = await queues.admin(params.queue).dedupe.remove(params.job, params.key);
      if (!removed) throw unknownKey();
      return { ...params, removed };
    },
  );
}

function unknownKey(): HttpRefusal {
  return new HttpRefusal(404, 'no job has this deduplication key');
}
