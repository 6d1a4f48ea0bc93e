import type { FastifyInstance } from 'fastify';
import { isOpenTo } from '../../auth/authenticate.ts';
import { needs } from '../../auth/verbs.ts';
import { HttpRefusal } from '../../problems/request-errors.ts';
import type { OperatorQueues } from '../served-queues.ts';
import { redisAnswer } from '../../openapi/answers/queue-answers.ts';

/** `GET /v1/redis`: what the Redis behind the queues is, how much of its memory is used, and how long a call to it takes. */
export function redisRoute(app: FastifyInstance, { queues }: { queues: OperatorQueues }): void {
  app.get(
    '/v1/redis',
    needs('read', { doc: { summary: 'Show the version, memory and latency of Redis', answer: redisAnswer } }),
    async (request) => {
      // The routes of operators are there only where all queues are on one Redis.
      const name = (await queues.names()).find((each) => isOpenTo(request, each));
      if (name === undefined) throw new HttpRefusal(404, 'there is no queue yet');
      return queues.admin(name).redis();
    },
  );
}
