import type { FastifyInstance } from 'fastify';
import { consoleJobAnswer } from '../../openapi/answers/job-answers.ts';
import { needs } from '../../auth/verbs.ts';
import type { ConsoleJob } from './console-feed.ts';
import type { OperatorQueues } from '../served-queues.ts';
import { ANSWER_BYTES } from '../../requests/answer-limit.ts';

/** `GET /v1/console/queues/:queue/jobs/:id`: one job, all of it. Also for an id that no job has: `why` says what is known of that. */
export function consoleJobRoute(app: FastifyInstance, source: OperatorQueues): void {
  app.get<{ Params: { queue: string; id: string } }>(
    '/v1/console/queues/:queue/jobs/:id',
    needs('read', {
      answerMaxBytes: ANSWER_BYTES.list,
      doc: { summary: 'All of one job, for the console', answer: consoleJobAnswer },
    }),
    async ({ params: { queue, id } }): Promise<ConsoleJob> => {
      const admin = source.admin(queue);
      const [found, texts, why, flow] = await Promise.all([
        admin.find(id),
        admin.texts(id),
        admin.why(id),
        admin.flow(id),
      ]);
      const letter = why.state === 'dead' ? await admin.deadLetters.find(id) : null;
      const details = found && { ...found, payload: undefined, result: undefined };
      return { details, texts, why, flow, stacks: letter?.stacks ?? [] };
    },
  );
}
