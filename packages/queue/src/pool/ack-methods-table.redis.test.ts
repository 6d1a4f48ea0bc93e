import { readFile } from 'node:fs/promises';
import { describe, expect, vi } from 'vitest';
import { PermanentJobError, RetryLaterError } from '../job/errors/index.ts';
import type { OwnAttempt, OwnQueue, ServingPool } from './testing/own-handler.ts';
import { ownTest as test } from './testing/own-test.ts';

interface Row {
  readonly end: string;
  readonly outcome: string;
  readonly state: string;
  readonly attempts: number;
  readonly events: string;
}

/** The table under "Ack methods" in docs/job-lifecycle.md. */
async function readTable(): Promise<Row[]> {
  const page = await readFile(new URL('../../../../docs/job-lifecycle.md', import.meta.url), 'utf8');
  const section = page.split(/^## /m).find((text) => text.startsWith('Ack methods\n')) ?? '';
  const rows = section.matchAll(/^\| (`.+?`.*?) \| `(\w+)` \| `(\w+)` \| (\d) \| (.+?) \| .+ \|$/gm);
  return [...rows].map(([, end = '', outcome = '', state = '', attempts = '', events = '']) => {
    return { end, outcome, state, attempts: Number(attempts), events: events.replaceAll('`', '') };
  });
}

type Handler = (attempt: OwnAttempt, gate: Promise<void>) => unknown;
interface Trial {
  readonly handle: Handler;
  readonly attempts?: number;
  readonly expiresInMs?: number;
  readonly stop?: boolean;
}

const untilAborted = ({ signal }: OwnAttempt): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
const fail = (error: Error): Handler => {
  return () => Promise.reject(error);
};
/** The handler goes on after the ack method, so the pool has no slot to take the job again with. */
const settleEarly = (settle: (attempt: OwnAttempt) => Promise<void>): Handler => {
  return async (attempt, gate) => settle(attempt).then(() => gate);
};

const trials: Record<string, Trial> = {
  '`return result`': { handle: () => 'done' },
  '`ack(result)`': { handle: settleEarly(({ ack }) => ack('done')) },
  '`throw`, attempts left': { handle: fail(new Error('oh')) },
  '`throw`, none left': { handle: fail(new Error('oh')), attempts: 1 },
  '`throw new PermanentJobError(reason)`': { handle: fail(new PermanentJobError('no')) },
  '`term(reason)`': { handle: settleEarly(({ term }) => term('no')) },
  '`throw new RetryLaterError({ delayMs })`': { handle: fail(new RetryLaterError({ delayMs: 60_000 })) },
  '`nack({ delayMs })`': { handle: settleEarly(({ nack }) => nack({ delayMs: 60_000 })) },
  '`nack()`': { handle: settleEarly(({ nack }) => nack()) },
  '`expiresAt` passes': { handle: untilAborted, expiresInMs: 2_000 },
  '`drain`, out of time': { handle: untilAborted, stop: true },
};

async function tryOut(trial: Trial, queue: OwnQueue, gate: Promise<void>): Promise<Omit<Row, 'end'>> {
  const { handle, attempts = 2, expiresInMs, stop = false } = trial;
  // Before the job is put: on a busy machine a pool may take longer to start than the job lives.
  const serving = await queue.serve((attempt) => handle(attempt, gate), { concurrency: 1 });
  const expiry = expiresInMs === undefined ? {} : { sluice: { v: 1, e: Date.now() + expiresInMs } };
  const id = await queue.add({ attempts, backoff: { type: 'fixed', delay: 60_000 }, ...expiry });
  await vi.waitFor(() => expect(serving.emitted.some(({ name }) => name === 'started')).toBe(true));
  if (stop) await serving.pool.stop();
  const outcome = await vi.waitFor(() => outcomeOf(serving));
  const { state, fields } = await queue.read(id);
  return { outcome, state, attempts: Number(fields['atm'] ?? 0), events: await eventsOf(queue, id) };
}

function outcomeOf({ emitted }: ServingPool): string {
  const ends = ['completed', 'retried', 'released', 'dead', 'expired', 'missing'];
  return emitted.find(({ name }) => ends.includes(name))?.name ?? expect.unreachable('it has not ended');
}

/** What BullMQ's event stream tells of the job after it became active. */
async function eventsOf({ client, key }: OwnQueue, id: string): Promise<string> {
  const entries = await client.xrange(key('events'), '-', '+');
  const ofJob = entries.map(([, flat]) => flat).filter((flat) => flat[flat.indexOf('jobId') + 1] === id);
  const names = ofJob.map((flat) => flat[flat.indexOf('event') + 1] ?? '');
  return names.slice(names.lastIndexOf('active') + 1).join(', ');
}

describe('the table of docs/job-lifecycle.md says of', async () => {
  const table = await readTable();

  test('every way to end an attempt', () => {
    expect(table.map(({ end }) => end)).toEqual(Object.keys(trials));
  });

  test.for(Object.entries(trials))('%s what it leaves in Redis', async ([end, trial], { own }) => {
    const gate = Promise.withResolvers<void>();
    try {
      const found = await tryOut(trial, own({ graceMs: 100 }), gate.promise);
      expect({ end, ...found }).toEqual(table.find((row) => row.end === end));
    } finally {
      gate.resolve();
    }
  });
});
