import type { JobSnapshot, QueueEvent } from '@sluice/queue';
import type { FastifyInstance } from 'fastify';
import { needs } from '../../auth/verbs.ts';
import { JobNotFoundError } from '../../problems/request-errors.ts';
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
export function jobEventsRoute(app: FastifyInstance, { queues, feeds, streams, stopping }: EventsDeps): void {
  const url = '/v1/queues/:queue/jobs/:id/events';
  app.get<OfJob>(
    url,
    {
      ...needs('read', {
        doc: { summary: 'Follow a job until it has ended', media: 'text/event-stream', statuses: [200, 204] },
      }),
      exposeHeadRoute: false,
    },
    async (request, reply) => {
      const { id } = request.params;
      const served = queues.get(request.params.queue);
      const snapshot = await served.producer.find(id);
      if (!snapshot) throw new JobNotFoundError(served.queue.name, id);
      // Who comes again has seen the end. By this answer a browser stops asking.
      if (request.headers['last-event-id'] === idOfEnd(snapshot)) return reply.code(204).send();
      const stream = streams.open(request, reply);
      const job = { served, id, signal: untilGone(reply, stopping) };
      if (snapshot.endedAt !== null) return showEnd(stream, job, snapshot);
      try {
        await showLife(stream, job, feeds.of(served).steps);
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
  const now = await served.producer.find(id);
  if (!now || now.endedAt !== null) return showEnd(stream, job, now);
  stream.send([eventFrame('job', { queue: served.queue.name, ...now }), ...held]);
  held = undefined;
  const last = await served.producer.find(id, { waitMs: Infinity, signal });
  if (last?.endedAt !== null) showEnd(stream, job, last);
}

function showEnd(stream: EventStream, { served, id }: ShownJob, snapshot: JobSnapshot | null): void {
  stream.send([endFrame(served.queue.name, id, snapshot)]);
  stream.end();
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
