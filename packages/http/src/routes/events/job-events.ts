import type { JobSnapshot, QueueEvent } from '@sluice/queue';
import type { FastifyInstance } from 'fastify';
import { needs } from '../../auth/verbs.ts';
import { JobNotFoundError } from '../../problems/request-errors.ts';
import { ANSWER_BYTES, type AnswerHold } from '../../requests/answer-limit.ts';
import { clientOf } from '../../requests/client-of.ts';
import { untilGone } from '../../requests/long-poll.ts';
import { eventFrame } from './event-frame.ts';
import type { EventStream } from './event-stream.ts';
import type { EventsDeps } from './events-deps.ts';
import type { JobSteps } from './job-steps.ts';
import type { ServedQueue } from '../served-queues.ts';

/** Larger results are for `GET` of the job: a thousand streams that end at once would hold them all. */
const RESULT_MAX_BYTES = 32 * 1_024;
type OfJob = { Params: { queue: string; id: string } };

/** `GET /v1/queues/:queue/jobs/:id/events`: what happens to a job, until it has ended. */
export function jobEventsRoute(app: FastifyInstance, { queues, feeds, streams, answers, stopping }: EventsDeps): void {
  const url = '/v1/queues/:queue/jobs/:id/events';
  app.get<OfJob>(
    url,
    {
      ...needs('read', {
        doc: {
          summary: 'Follow a job until it has ended',
          problems: ['SLUICE_TOO_MANY_WATCHES'],
          media: 'text/event-stream',
          statuses: [200, 204],
        },
      }),
      exposeHeadRoute: false,
    },
    async (request, reply) => {
      const { id } = request.params;
      const served = queues.get(request.params.queue);
      const snapshot = await served.producer.find(id, { result: false });
      if (!snapshot) throw new JobNotFoundError(served.queue.name, id);
      // Who comes again has seen the end. By this answer a browser stops asking.
      if (request.headers['last-event-id'] === idOfEnd(snapshot)) return reply.code(204).send();
      const stream = streams.open(request, reply);
      const signal = untilGone(reply, stopping);
      const enter = (): Promise<AnswerHold> =>
        answers.take(clientOf(request), ANSWER_BYTES.job, { signal, waitMs: Infinity });
      const job = { served, id, signal, enter };
      try {
        if (snapshot.endedAt === null) await showLife(stream, job, feeds.of(served).steps);
        else await showEnd(stream, job);
      } catch (error) {
        request.log.debug({ err: error }, 'a stream of events ended');
        stream.end({ retryMs: 5_000 });
      }
    },
  );
}

interface ShownJob {
  readonly served: ServedQueue;
  readonly id: string;
  readonly signal: AbortSignal;
  /** Takes what the job with its result may have. */
  readonly enter: () => Promise<AnswerHold>;
}

/** Shows the job as it is, its steps, and its end. */
async function showLife(stream: EventStream, job: ShownJob, steps: JobSteps): Promise<void> {
  const { id, signal, served } = job;
  let held: Buffer[] | undefined = [];
  const onSteps = (events: readonly QueueEvent[]): void => {
    const frames = events.flatMap(stepFrames);
    if (held) held.push(...frames);
    else stream.send(frames);
  };
  const stop = await steps.listen({ onSteps }, id);
  stream.onClose(stop);
  if (stream.isClosed) return stop();
  const isOver = await showNow(stream, job, (now) => {
    stream.send([eventFrame('job', { queue: served.queue.name, ...now }), ...(held ?? [])]);
    held = undefined;
  });
  if (isOver) return;
  const last = await served.producer.find(id, { waitMs: Infinity, signal, result: false });
  if (last?.endedAt !== null) await showEnd(stream, job);
}

/** Shows the end of a job that has ended, or calls back with one that has not. True when it has ended. */
async function showNow(
  stream: EventStream,
  { served, id, enter }: ShownJob,
  onLife: (now: JobSnapshot) => void = () => undefined,
): Promise<boolean> {
  const hold = await enter();
  try {
    const now = await served.producer.find(id);
    const isOver = !now || now.endedAt !== null;
    if (isOver) {
      stream.send([endFrame(served.queue.name, id, now)]);
      stream.end();
    } else onLife(now);
    return isOver;
  } finally {
    hold.release();
  }
}

/** A job that is at work again meanwhile is shown to a client that comes again. */
async function showEnd(stream: EventStream, job: ShownJob): Promise<void> {
  if (!(await showNow(stream, job))) stream.end({ retryMs: 0 });
}

/** The states that steps lead to, but for the end: that is shown with the result. */
const STATES: Readonly<Record<string, JobSnapshot['state']>> = {
  waiting: 'waiting',
  active: 'active',
  delayed: 'delayed',
  'waiting-children': 'waiting-children',
};

function stepFrames({ event, at, progress }: QueueEvent): Buffer[] {
  const state = STATES[event];
  if (state) return [eventFrame('state', { state, at })];
  return event === 'progress' ? [eventFrame('progress', { progress, at })] : [];
}

/** Of the last event. The job may be put back to work under its id, and end again. */
function idOfEnd(snapshot: JobSnapshot | null): string {
  return `ended-${snapshot?.endedAt ?? 'removed'}`;
}

function endFrame(queue: string, id: string, snapshot: JobSnapshot | null): Buffer {
  const last = idOfEnd(snapshot);
  if (!snapshot) return eventFrame('end', { queue, id, state: 'removed' }, last);
  const whole = eventFrame('end', { queue, ...snapshot }, last);
  if (whole.length <= RESULT_MAX_BYTES) return whole;
  const { result: _, progress: __, ...rest } = snapshot;
  return eventFrame('end', { queue, ...rest, isShortened: true }, last);
}
