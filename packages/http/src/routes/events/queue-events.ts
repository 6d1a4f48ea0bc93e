import type { JobSnapshot, QueueEvent } from '@sluice/queue';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { needs } from '../../auth/verbs.ts';
import { untilGone } from '../../requests/long-poll.ts';
import { parseFields } from '../../requests/parse-fields.ts';
import type { ServedQueue } from '../served-queues.ts';
import { eventFrame } from './event-frame.ts';
import type { EventStream } from './event-stream.ts';
import type { EventsDeps } from './events-deps.ts';
import type { QueueFeed } from './queue-feeds.ts';

const query = z.strictObject({ jobs: z.enum(['true', 'false']).exactOptional() });

/** How many events a client that comes again is given; what lies further back, it is told that it has missed. */
const RESUMED_MAX = 5_000;
/** Steps of jobs that may come while it is. */
const HELD_MAX = 1_000;

type OfQueue = { Params: { queue: string } };

/** `GET /v1/queues/:queue/events`: the numbers of a queue when they change, and with `?jobs=true` the jobs that end. */
export function queueEventsRoute(app: FastifyInstance, { queues, feeds, streams, stopping }: EventsDeps): void {
  const url = '/v1/queues/:queue/events';
  app.get<OfQueue>(
    url,
    {
      ...needs('read', {
        doc: { summary: 'Follow a queue', problems: ['SLUICE_TOO_MANY_WATCHES'], query, media: 'text/event-stream' },
      }),
      exposeHeadRoute: false,
    },
    async (request, reply) => {
      const served = queues.get(request.params.queue);
      const { jobs } = parseFields(query, request.query);
      const stream = streams.open(request, reply);
      const feed = feeds.of(served);
      try {
        if (jobs === 'true') {
          const lastId = [request.headers['last-event-id']].flat()[0];
          await sendEnds(stream, { served, feed, lastId, signal: untilGone(reply, stopping) });
        }
        if (!stream.isClosed) stream.onClose(feed.stats.listen((frame) => stream.sendIfRead(frame)));
      } catch (error) {
        request.log.debug({ err: error }, 'a stream of events ended');
        stream.end({ retryMs: 5_000 });
      }
    },
  );
}

interface EndsDeps {
  readonly served: ServedQueue;
  readonly feed: QueueFeed;
  /** Of the last event that the client has; undefined for one that is new. */
  readonly lastId: string | undefined;
  readonly signal: AbortSignal;
}

/** Sends the jobs that end from now on, those since the client's last event first. */
async function sendEnds(stream: EventStream, { served, feed, lastId, signal }: EndsDeps): Promise<void> {
  let held: Buffer[] | undefined = [];
  let heldSteps = 0;
  const onSteps = (steps: readonly QueueEvent[]): void => {
    const frames = sharedEndFrames(steps);
    if (!held) return stream.send(frames);
    held.push(...frames);
    heldSteps += steps.length;
    if (heldSteps > HELD_MAX) stream.end();
  };
  const stop = await feed.steps.listen({ onSteps });
  stream.onClose(stop);
  if (stream.isClosed) return stop();
  const until = feed.steps.cursor;
  if (lastId !== undefined && until !== undefined)
    await sendMissed(stream, { producer: served.producer, from: lastId, until, signal });
  stream.send(held);
  held = undefined;
}

interface MissedDeps {
  readonly producer: ServedQueue['producer'];
  readonly from: string;
  /** The last event that is not sent anyway. */
  readonly until: string;
  readonly signal: AbortSignal;
}

async function sendMissed(stream: EventStream, { producer, from, until, signal }: MissedDeps): Promise<void> {
  let [cursor, looked, isMore] = [from, 0, true];
  while (isMore && !stream.isClosed) {
    const page = await producer.eventsAfter(cursor, { signal });
    if (looked === 0 && !page.isWhole) stream.send([eventFrame('gap', { after: from })]);
    const missed = page.events.filter((event) => isUpTo(event.cursor, until));
    stream.send(missed.flatMap(endFrames));
    await stream.whenRead();
    looked += page.events.length;
    cursor = page.events.at(-1)?.cursor ?? cursor;
    isMore = page.isMore && missed.length === page.events.length;
    if (isMore && looked >= RESUMED_MAX) return stream.send([eventFrame('gap', { after: cursor })]);
  }
}

/** Cursors are `<ms>-<number>`. */
function isUpTo(cursor: string, last: string): boolean {
  const [ms = 0, nth = 0] = cursor.split('-').map(Number);
  const [lastMs = 0, lastNth = 0] = last.split('-').map(Number);
  return ms < lastMs || (ms === lastMs && nth <= lastNth);
}

const ENDS: Readonly<Record<string, JobSnapshot['state'] | 'removed'>> = {
  completed: 'completed',
  failed: 'dead',
  removed: 'removed',
};

function endFrames({ event, id, at, cursor }: QueueEvent): Buffer[] {
  const state = ENDS[event];
  return state && id !== null ? [eventFrame('ended', { id, state, at }, cursor)] : [];
}

const shared = new WeakMap<readonly QueueEvent[], readonly Buffer[]>();

/** Made once, however many streams they go to: what these have not sent yet is the same memory. */
function sharedEndFrames(steps: readonly QueueEvent[]): readonly Buffer[] {
  const known = shared.get(steps);
  if (known) return known;
  const frames = steps.flatMap(endFrames);
  const one = frames.length > 0 ? [Buffer.concat(frames)] : [];
  shared.set(steps, one);
  return one;
}
