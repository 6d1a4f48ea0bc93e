import { createWorkerPool, defineHandler, defineJob, defineQueue } from '@sluice/queue';
import { silentLogger } from '@sluice/queue/logging';
import { isolatedRedisTest as test } from '@sluice/testing/vitest';
import { describe, expect, onTestFinished } from 'vitest';
import { z } from 'zod';
import { HttpService } from './http-service.ts';
import { readEvents } from './testing/read-events.ts';

const echo = defineJob({ name: 'echo', payload: z.object({ n: z.int() }), result: z.int() });
const queue = defineQueue({ name: 'echoes', jobs: [echo], capacity: 2_000, keep: { completed: { count: 10_000 } } });
/** How long a process that is leaving is still asked, as by a load balancer that has not seen it yet. */
const LEAVING_MS = 500;
const ROLLS = 3;

/** What a load balancer does: new requests go to the process that is ready. */
interface Fleet {
  /** Where the next request goes. */
  url(): string;
  /** Starts a new process, sends requests there from now on, and has the old one leave. */
  roll(): Promise<void>;
  stop(): Promise<void>;
}

async function startFleet(redis: string): Promise<Fleet> {
  const start = async (): Promise<HttpService> => {
    const options = { queues: [queue], redis, logger: silentLogger(), host: '127.0.0.1', port: 0 };
    const service = new HttpService({ ...options, drainMs: 10_000, auth: 'none' });
    await service.start();
    return service;
  };
  let current = await start();
  return {
    url: () => `${current.url}/v1/queues/echoes`,
    roll: async () => {
      const old = current;
      const next = await start();
      const leaves = old.stop(LEAVING_MS);
      current = next;
      await leaves;
    },
    stop: () => current.stop(),
  };
}

/** What the clients have seen, and whether they go on. */
interface Load {
  readonly added: Set<string>;
  /** Anything but what a deploy may answer. */
  readonly unmeant: string[];
  isOver: boolean;
}

async function putOn(fleet: Fleet, load: Load): Promise<void> {
  for (let n = 0; !load.isOver; n += 1) {
    const init = { method: 'POST', headers: { 'content-type': 'application/json' } };
    try {
      const answer = await fetch(`${fleet.url()}/jobs`, { ...init, body: JSON.stringify({ payload: { n } }) });
      const { id } = (await answer.json()) as { id: string };
      if (answer.status === 202) load.added.add(id);
      else load.unmeant.push(`put: ${answer.status}`);
    } catch (error) {
      load.unmeant.push(`put: ${String(error)}`);
    }
  }
}

function missed(added: ReadonlySet<string>, seen: ReadonlySet<string>): string[] {
  return [...added].filter((id) => !seen.has(id));
}

/** Follows the ends of all jobs as an `EventSource` does, until it has seen all that were added. */
async function followEnds(fleet: Fleet, load: Load): Promise<Set<string>> {
  const seen = new Set<string>();
  let lastId: string | undefined;
  const isDone = (): boolean => load.isOver && missed(load.added, seen).length === 0;
  while (!isDone()) {
    const stream = await readEvents(
      `${fleet.url()}/events?jobs=true`,
      lastId === undefined ? {} : { 'last-event-id': lastId },
    );
    onTestFinished(() => stream.close());
    let isEnded = false;
    void stream.ended.then(
      () => (isEnded = true),
      (error: unknown) => {
        if (!isDone()) load.unmeant.push(`stream: ${String(error)}`);
        isEnded = true;
      },
    );
    await expect
      .poll(() => {
        for (const { event, data, id } of stream.events.splice(0)) {
          if (id !== undefined) lastId = id;
          if (event === 'ended') seen.add((data as { id: string }).id);
          if (event === 'gap') load.unmeant.push('stream: a gap');
        }
        return isEnded || isDone();
      })
      .toBe(true);
    stream.close();
  }
  return seen;
}

/** Follows one job after another to its end, by its stream and by long polls. */
async function followJobs(fleet: Fleet, load: Load, how: 'events' | 'poll'): Promise<number> {
  let followed = 0;
  while (!load.isOver) {
    const init = { method: 'POST', headers: { 'content-type': 'application/json' } };
    const late = JSON.stringify({ payload: { n: 1 }, delayMs: 300 });
    const { id } = (await (await fetch(`${fleet.url()}/jobs`, { ...init, body: late })).json()) as { id: string };
    load.added.add(id);
    for (let isEnded = false; !isEnded;) {
      try {
        const answer = await fetch(`${fleet.url()}/jobs/${id}${how === 'poll' ? '?wait=10' : '/events'}`);
        const text = await answer.text();
        if (answer.status !== 200) load.unmeant.push(`${how}: ${answer.status}`);
        isEnded = how === 'poll' ? JSON.parse(text).endedAt !== null : text.includes('event: end');
      } catch (error) {
        load.unmeant.push(`${how}: ${String(error)}`);
        break;
      }
    }
    followed += 1;
  }
  return followed;
}

describe('a rolling deploy', () => {
  test('refuses nobody, and who follows events misses none', async ({ redis }) => {
    const handler = defineHandler(echo, ({ payload }) => payload.n);
    await using pool = createWorkerPool(queue, { echo: handler }, { redis: redis.url, concurrency: 20 });
    await pool.start();
    const fleet = await startFleet(redis.url);
    await using _stop = { [Symbol.asyncDispose]: () => fleet.stop() };
    const load: Load = { added: new Set(), unmeant: [], isOver: false };
    const ends = [followEnds(fleet, load), followEnds(fleet, load)];
    const puts = [putOn(fleet, load), putOn(fleet, load)];
    const jobs = (['events', 'poll', 'events', 'poll'] as const).map((how) => followJobs(fleet, load, how));
    for (let n = 0; n < ROLLS; n += 1) {
      const before = load.added.size;
      await expect.poll(() => load.added.size).toBeGreaterThan(before + 50);
      await fleet.roll();
    }
    load.isOver = true;
    await Promise.all(puts);
    for (const followed of await Promise.all(jobs)) expect(followed).toBeGreaterThan(0);
    for (const seen of await Promise.all(ends)) expect(missed(load.added, seen)).toEqual([]);
    expect(load.unmeant).toEqual([]);
  });
});
