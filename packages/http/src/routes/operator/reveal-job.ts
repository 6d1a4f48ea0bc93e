import type { FastifyInstance } from 'fastify';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { RateLimitedError } from '../../auth/auth-errors.ts';
import { needs } from '../../auth/verbs.ts';
import { revealAnswer } from '../../openapi/answers/job-answers.ts';
import { JobNotFoundError } from '../../problems/request-errors.ts';
import { clientOf } from '../../requests/client-of.ts';
import type { OperatorQueues } from '../served-queues.ts';

/** Enough for a person who looks at jobs, and slow for a program that collects secrets. */
const PER_SECOND = 2;

/**
 * `POST /v1/queues/:queue/jobs/:id/reveal`: the secret fields of a job, which all other routes hide. A `POST`, so that no cache keeps the
 * answer, no link asks for it, and the audit log has a line of who saw them: of which job, and how many fields, never what they hold.
 */
export function revealJobRoute(app: FastifyInstance, { queues }: { queues: OperatorQueues }): void {
  const limiter = new RateLimiterMemory({ points: PER_SECOND, duration: 1 });
  app.post<{ Params: { queue: string; id: string } }>(
    '/v1/queues/:queue/jobs/:id/reveal',
    needs('admin', {
      doc: { summary: 'Show the secret fields of a job, and note who saw them', answer: revealAnswer },
    }),
    async (request, reply) => {
      const { queue, id } = request.params;
      await limiter.consume(clientOf(request)).catch((error: unknown) => {
        if (error instanceof RateLimiterRes) throw new RateLimitedError(PER_SECOND, error.msBeforeNext);
        throw error;
      });
      const fields = await queues.admin(queue).secrets(id);
      if (!fields) throw new JobNotFoundError(queue, id);
      reply.header('cache-control', 'no-store');
      return { queue, id, fields };
    },
  );
}
