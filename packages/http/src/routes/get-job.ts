import type { JobSnapshot } from '@sluice/queue';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { needs } from '../auth/verbs.ts';
import { JobNotFoundError } from '../problems/request-errors.ts';
import { ANSWER_BYTES, type AnswerLimit } from '../requests/answer-limit.ts';
import { longPollMs, untilGone } from '../requests/long-poll.ts';
import { WAIT_MOST_MS } from '../requests/load-limit.ts';
import type { WatchLimit } from '../requests/watch-limit.ts';
import type { ServedQueues } from './served-queues.ts';
import { jobAnswer } from '../openapi/answers/job-answers.ts';

export interface GetJobDeps {
  readonly queues: ServedQueues;
  readonly watches: WatchLimit;
  readonly answers: AnswerLimit;
  /** Fires when the service stops: long polls are answered then, with what is known. */
  readonly stopping: AbortSignal;
}

const waitQuery = z.object({ wait: z.coerce.number().optional() });

type OfJob = { Params: { queue: string; id: string } };

/**
 * `GET /v1/queues/:queue/jobs/:id`: where the job stands, with its result or its failure once it has ended. With `?wait=N`, or
 * `Prefer: wait=N`, the answer comes when it has, or after N seconds.
 */
export function getJobRoute(app: FastifyInstance, { queues, watches, answers, stopping }: GetJobDeps): void {
  app.get<OfJob>(
    '/v1/queues/:queue/jobs/:id',
    needs('read', {
      doc: {
        summary: 'Show a job, or wait for its end',
        problems: ['SLUICE_TOO_MANY_WATCHES', 'SLUICE_BODY_INVALID'],
        answer: jobAnswer,
        query: waitQuery,
        headers: ['Prefer'],
      },
    }),
    async (request, reply) => {
      const { queue, producer } = queues.get(request.params.queue);
      const { id } = request.params;
      const waitMs = longPollMs(request, reply);
      const read = async (within: { waitMs?: number }): Promise<JobSnapshot | null> => {
        await answers.enter(request, reply, { bytes: ANSWER_BYTES.job, ...within });
        return producer.find(id);
      };
      let snapshot = await read({});
      if (snapshot?.endedAt === null && waitMs > 0) {
        request.sluiceAnswer?.release();
        watches.enter(request, reply);
        await producer.find(id, { waitMs, signal: untilGone(reply, stopping), result: false });
        snapshot = await read({ waitMs: WAIT_MOST_MS }); // a thousand may end at once
      }
      if (!snapshot) throw new JobNotFoundError(queue.name, id);
      return { queue: queue.name, ...snapshot };
    },
  );
}
