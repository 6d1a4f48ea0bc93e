import type { FastifyInstance } from 'fastify';
import { needs } from '../../auth/verbs.ts';
import { JobNotFoundError } from '../../problems/request-errors.ts';
import type { OperatorQueues } from '../served-queues.ts';
import { ANSWER_BYTES } from '../../requests/answer-limit.ts';
import { logsAnswer } from '../../openapi/answers/job-answers.ts';

type OfJob = { Params: { queue: string; id: string } };

/** `GET /v1/queues/:queue/jobs/:id/logs`: the last 1,000 lines that its handler has logged. */
export function jobLogsRoute(app: FastifyInstance, { queues }: { queues: OperatorQueues }): void {
  app.get<OfJob>(
    '/v1/queues/:queue/jobs/:id/logs',
    needs('read', {
      answerMaxBytes: ANSWER_BYTES.list,
      doc: { summary: 'Show the log lines of a job', answer: logsAnswer },
    }),
    async ({ params: { queue, id } }) => {
      const texts = await queues.admin(queue).texts(id);
      if (!texts) throw new JobNotFoundError(queue, id);
      return { queue, id, logs: texts.logs, total: texts.logsTotal };
    },
  );
}
