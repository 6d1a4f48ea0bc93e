import type { FastifyInstance } from 'fastify';
import { needs } from '../../auth/verbs.ts';
import { jobQuery } from '../../requests/job-filter.ts';
import { parseFields } from '../../requests/parse-fields.ts';
import type { OperatorQueues } from '../served-queues.ts';
import { ANSWER_BYTES } from '../../requests/answer-limit.ts';
import { jobsAnswer } from '../../openapi/answers/job-answers.ts';

/** `GET /v1/queues/:queue/jobs`: jobs by state, kind, failure, worker, time and fields of their payload, a page at a time. */
export function listJobsRoute(app: FastifyInstance, { queues }: { queues: OperatorQueues }): void {
  app.get<{ Params: { queue: string } }>(
    '/v1/queues/:queue/jobs',
    needs('read', {
      answerMaxBytes: ANSWER_BYTES.list,
      doc: { summary: 'Find jobs', answer: jobsAnswer, query: jobQuery },
    }),
    async ({ params: { queue }, query }) => {
      const options = parseFields(jobQuery, query);
      return { queue, ...(await queues.admin(queue).jobs(options)) };
    },
  );
}
