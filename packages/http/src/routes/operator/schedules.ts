import type { Cadence, ScheduleOptions } from '@sluice/queue';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { needs } from '../../auth/verbs.ts';
import { HttpRefusal } from '../../problems/request-errors.ts';
import { parseFields } from '../../requests/parse-fields.ts';
import { contractOf } from '../../requests/put-request.ts';
import type { OperatorQueues } from '../served-queues.ts';
import { ANSWER_BYTES } from '../../requests/answer-limit.ts';
import {
  scheduleAnswer,
  scheduleChangeAnswer,
  scheduleSetAnswer,
  schedulesAnswer,
} from '../../openapi/answers/queue-answers.ts';

interface ScheduleParams {
  queue: string;
  name: string;
}

const query = z.strictObject({ next: z.coerce.number().int().min(1).max(1_000).default(5) });

// What the engine refuses beyond the types, such as a time zone, is a 422 too.
const body = z.strictObject({
  job: z.string().exactOptional(),
  payload: z.unknown(),
  cron: z.string().exactOptional(),
  timeZone: z.string().exactOptional(),
  everyMs: z.int().exactOptional(),
  jitterMs: z.int().exactOptional(),
  startAt: z.int().exactOptional(),
  endAt: z.int().exactOptional(),
  catchUp: z.union([z.enum(['skip', 'one']), z.strictObject({ all: z.int() })]).exactOptional(),
  overlap: z.boolean().exactOptional(),
  attempts: z.int().exactOptional(),
  priority: z.int().exactOptional(),
  timeoutMs: z.int().exactOptional(),
});

/** `/v1/queues/:queue/schedules`: lists schedules; shows, sets, pauses, resumes and removes one. */
export function schedulesRoutes(app: FastifyInstance, { queues }: { queues: OperatorQueues }): void {
  const url = '/v1/queues/:queue/schedules';
  app.get<{ Params: { queue: string } }>(
    url,
    needs('read', { answerMaxBytes: ANSWER_BYTES.list, doc: { summary: 'List schedules', answer: schedulesAnswer } }),
    async ({ params: { queue } }) => ({
      queue,
      schedules: await queues.admin(queue).schedules.list(),
    }),
  );
  app.get<{ Params: ScheduleParams }>(
    `${url}/:name`,
    needs('read', {
      answerMaxBytes: ANSWER_BYTES.job,
      doc: { summary: 'Show a schedule', answer: scheduleAnswer, query: query },
    }),
    async ({ params: { queue, name }, query: given }) => {
      const { next: count } = parseFields(query, given);
      const { schedules } = queues.admin(queue);
      const schedule = await schedules.get(name);
      if (!schedule) throw unknownSchedule();
      return { queue, ...schedule, next: (await schedules.next(name, count)).map(Number) };
    },
  );
  app.put<{ Params: ScheduleParams }>(
    `${url}/:name`,
    needs('operate', {
      doc: {
        summary: 'Make or replace a schedule',
        problems: [
          'SLUICE_UNKNOWN_JOB',
          'SLUICE_PAYLOAD_INVALID',
          'SLUICE_QUEUE_FULL',
          'SLUICE_QUEUE_CLOSED',
          'SLUICE_TOO_LARGE',
        ],
        answer: scheduleSetAnswer,
        body: body,
      },
    }),
    async ({ params: { queue, name }, body: given }) => {
      const { job, payload, cron, timeZone, everyMs, ...options } = parseFields(body, given);
      const contract = contractOf(queues.definition(queue), job);
      const { schedules } = queues.admin(queue);
      const cadence = cadenceOf({ cron, timeZone, everyMs });
      const status = await schedules.set(name, contract, payload, cadence, options satisfies ScheduleOptions);
      const [next] = await schedules.next(name);
      return { queue, name, status, next: next ? Number(next) : null };
    },
  );
  app.delete<{ Params: ScheduleParams }>(
    `${url}/:name`,
    needs('operate', { doc: { summary: 'Remove a schedule', answer: scheduleChangeAnswer } }),
    async ({ params: { queue, name } }) => {
      if (!(await queues.admin(queue).schedules.remove(name))) throw unknownSchedule();
      return { queue, name, status: 'removed' };
    },
  );
  for (const [action, status] of [
    ['pause', 'paused'],
    ['resume', 'resumed'],
  ] as const) {
    app.post<{ Params: ScheduleParams }>(
      `${url}/:name/${action}`,
      needs('operate', { doc: { summary: `${action} a schedule`, answer: scheduleChangeAnswer } }),
      async ({ params: { queue, name } }) => {
        if (!(await queues.admin(queue).schedules[action](name))) throw unknownSchedule();
        return { queue, name, status };
      },
    );
  }
}

interface GivenCadence {
  cron: string | undefined;
  timeZone: string | undefined;
  everyMs: number | undefined;
}

/** The engine says what is missing, or too much. */
function cadenceOf({ cron, timeZone, everyMs }: GivenCadence): Cadence {
  return {
    ...(cron !== undefined && { cron }),
    ...(timeZone !== undefined && { timeZone }),
    ...(everyMs !== undefined && { everyMs }),
  } as Cadence;
}

function unknownSchedule(): HttpRefusal {
  return new HttpRefusal(404, 'the queue has no schedule of this name');
}
