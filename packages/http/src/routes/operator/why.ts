import type { FastifyInstance } from 'fastify';
import { needs } from '../../auth/verbs.ts';
import type { OperatorQueues } from '../served-queues.ts';
import { ANSWER_BYTES } from '../../requests/answer-limit.ts';
import { whyAnswer } from '../../openapi/answers/job-answers.ts';

/** `GET /v1/queues/:queue/jobs/:id/why`: why a job does not run, or where it runs, and its life. */
export function whyRoute(app: FastifyInstance, { queues }: { queues: OperatorQueues }): void {
  app.get<{ Params: { queue: string; id: string } }>(
    '/v1/queues/:queue/jobs/:id/why',
    needs('read', {
      answerMaxBytes: ANSWER_BYTES.job,
      doc: { summary: 'Show why a job does not run', answer: whyAnswer },
    }),
    async ({ params }) => ({
      queue: params.queue,
      ...(await queues.admin(params.queue).why(params.id)),
    }),
  );
}
