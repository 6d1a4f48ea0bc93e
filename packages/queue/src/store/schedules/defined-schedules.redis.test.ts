import { redisTest } from '@sluice/testing/vitest';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { connectAdmin } from '../../admin/connect-admin.ts';
import { defineJob } from '../../job/contracts/job-contract.ts';
import { defineQueue } from '../../job/contracts/queue-policy.ts';
import { DefinitionError } from '../../job/errors/index.ts';
import type { ScheduleDefinitions } from '../../job/schedules/schedule-definition.ts';
import { createWorkerPool } from '../../pool/create-worker-pool.ts';
import { defineHandler } from '../../threads/thread/define-handler.ts';

const report = defineJob({ name: 'report', payload: z.object({ kind: z.string() }), result: z.void() });
const every = (everyMs: number) => ({ job: 'report', payload: { kind: 'a' }, everyMs }) as const;
const HOUR = 3_600_000;

const queueOf = (name: string, schedules: Record<string, ReturnType<typeof every>>, revision: number) =>
  defineQueue({ name, jobs: [report], capacity: 10, revision, schedules });

const test = redisTest.extend<{
  deploy: (...of: [schedules: Record<string, ReturnType<typeof every>>, revision: number]) => Promise<void>;
}>({
  /** Starts a worker with this definition, which goes on until the test ends. */
  deploy: async ({ redis, queueName }, use) => {
    await using stack = new AsyncDisposableStack();
    await use(async (schedules, revision) => {
      const queue = queueOf(queueName, schedules, revision);
      const handlers = { report: defineHandler(report, () => undefined) };
      const pool = stack.use(createWorkerPool(queue, handlers, { redis: redis.url, concurrency: 1 }));
      await pool.start();
    });
  },
});

describe('the schedules of a definition', () => {
  test('are those of the newest one, whichever worker starts last', async ({ deploy, redis, queueName }) => {
    await using admin = await connectAdmin({ name: queueName }, { redis: redis.url });
    const found = async () =>
      Object.fromEntries((await admin.schedules.list()).map(({ name, cadence, setBy }) => [name, [cadence, setBy]]));
    const by = (everyMs: number) => [{ everyMs }, 'definition'];
    await Promise.all(Array.from({ length: 4 }, () => deploy({ a: every(HOUR), b: every(HOUR) }, 1)));
    expect(await found()).toEqual({ a: by(HOUR), b: by(HOUR) });
    await admin.schedules.pause('a');
    await admin.schedules.set('own', report, { kind: 'own' }, { everyMs: HOUR });
    await deploy({ a: every(2 * HOUR), c: every(HOUR), own: every(2 * HOUR) }, 2);
    const expected = { a: by(2 * HOUR), c: by(HOUR), own: [{ everyMs: HOUR }, 'operator'] };
    expect(await found()).toEqual(expected);
    expect(await admin.schedules.get('a')).toMatchObject({ state: 'paused' });
    await deploy({ a: every(HOUR), b: every(HOUR) }, 1);
    expect(await found()).toEqual(expected);
    await deploy({}, 3);
    expect(Object.keys(await found())).toEqual(['own']);
  });

  it('are refused where they cannot work', () => {
    const wrong = { a: { ...every(HOUR), job: 'other' }, b: every(7), 'c d': every(HOUR) };
    expect(() => queueOf('q', wrong as never, 1)).toThrow(DefinitionError);
    expect(() => queueOf('q', wrong as never, 1)).toThrow(
      /job must be one of report.*everyMs must.*name of a schedule/,
    );
  });

  it('are typed by the contract that they name', () => {
    const wrong = { kind: 7 };
    // @ts-expect-error -- kind is a string
    const schedules = { a: { job: 'report', payload: wrong, everyMs: HOUR } } satisfies ScheduleDefinitions<
      typeof report
    >;
    expect(schedules.a.payload).toBe(wrong);
  });
});
