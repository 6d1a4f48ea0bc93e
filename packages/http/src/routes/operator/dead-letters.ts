import type { DeadLetterSelection } from '@sluice/queue';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { needs } from '../../auth/verbs.ts';
import { BodyInvalidError, JobNotFoundError } from '../../problems/request-errors.ts';
import { actFields, letterFilter, letterQuery } from '../../requests/job-filter.ts';
import { parseFields } from '../../requests/parse-fields.ts';
import { actOptions } from './act-options.ts';
import type { OperatorDeps } from './operator-deps.ts';
import { ANSWER_BYTES } from '../../requests/answer-limit.ts';
import { actAnswer, deadLetterAnswer, jobsAnswer, replayAnswer } from '../../openapi/answers/job-answers.ts';

const showQuery = z.strictObject({ payload: z.enum(['true', 'false']).exactOptional() });

/** Either ids or a filter; `{}` for all. */
const which = {
  ids: z.array(z.string()).min(1).max(1_000).exactOptional(),
  filter: letterFilter.exactOptional(),
};
const purgeBody = z.strictObject({ ...which, ...actFields });
const replayBody = purgeBody.extend({
  waitMs: z.int().min(0).max(60_000).exactOptional(),
  clearExpiry: z.boolean().exactOptional(),
});

interface Params {
  queue: string;
}

/** The dead letters of a queue: listed, shown, replayed and purged. */
export function deadLetterRoutes(app: FastifyInstance, { queues, stopping }: OperatorDeps): void {
  app.get<{ Params: Params }>(
    '/v1/queues/:queue/dead-letters',
    needs('read', {
      answerMaxBytes: ANSWER_BYTES.list,
      doc: { summary: 'List dead letters', answer: jobsAnswer, query: letterQuery },
    }),
    async ({ params: { queue }, query }) => {
      const options = parseFields(letterQuery, query);
      return { queue, ...(await queues.admin(queue).deadLetters.list(options)) };
    },
  );

  app.get<{ Params: Params & { id: string } }>(
    '/v1/queues/:queue/dead-letters/:id',
    needs('read', {
      answerMaxBytes: ANSWER_BYTES.job,
      doc: { summary: 'Show a dead letter', answer: deadLetterAnswer, query: showQuery },
    }),
    async ({ params, query }) => {
      const { queue, id } = params;
      const withPayload = parseFields(showQuery, query).payload === 'true';
      const letter = await queues.admin(queue).deadLetters.find(id);
      if (!letter) throw new JobNotFoundError(queue, id);
      const { payload, ...rest } = letter;
      return { queue, ...rest, ...(withPayload && { payload }) };
    },
  );

  app.post<{ Params: Params }>(
    '/v1/queues/:queue/dead-letters/replay',
    needs('operate', { doc: { summary: 'Replay dead letters', answer: replayAnswer, body: replayBody } }),
    async ({ params: { queue }, body }, reply) => {
      const { ids, filter, waitMs = 0, clearExpiry = false, ...act } = parseFields(replayBody, body);
      const selection = selectionOf(ids, filter);
      const options = { ...actOptions(act, reply, stopping), waitMs, clearExpiry };
      return { queue, ...(await queues.admin(queue).deadLetters.replay(selection, options)) };
    },
  );

  app.post<{ Params: Params }>(
    '/v1/queues/:queue/dead-letters/purge',
    needs('operate', { doc: { summary: 'Remove dead letters for good', answer: actAnswer, body: purgeBody } }),
    async ({ params: { queue }, body }, reply) => {
      const { ids, filter, ...act } = parseFields(purgeBody, body);
      const options = actOptions(act, reply, stopping);
      return { queue, ...(await queues.admin(queue).deadLetters.purge(selectionOf(ids, filter), options)) };
    },
  );
}

/** @throws BodyInvalidError when it is neither, or both: no one means all by saying nothing */
function selectionOf(
  ids: readonly string[] | undefined,
  filter: z.output<typeof letterFilter> | undefined,
): DeadLetterSelection {
  if (ids && filter) throw new BodyInvalidError([{ path: ['ids'], message: 'must not come with a filter' }]);
  if (ids) return ids;
  if (filter) return filter;
  throw new BodyInvalidError([
    { path: ['filter'], message: 'must be there, {} for every dead letter, unless ids are' },
  ]);
}
