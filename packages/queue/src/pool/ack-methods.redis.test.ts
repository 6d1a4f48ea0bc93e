import { describe, expect, vi } from 'vitest';
import { poolDefaults } from '../job/pool-defaults.ts';
import type { OwnAttempt } from './testing/own-handler.ts';
import { ownTest as test } from './testing/own-test.ts';

/** An idle pool that nobody wakes looks by itself only this much later. */
const WAKE_MAX_MS = poolDefaults.blockMs / 2;

const refused = (code: string): object => expect.objectContaining({ code });

/** A gate that a handler waits at and a test opens. */
function gate(): { opened: Promise<void>; open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}

describe('ack', () => {
  test('completes the job now, while the handler continues in its slot', async ({ own }) => {
    const queue = own();
    const [first, second] = [await queue.add(), await queue.add()];
    const { opened, open } = gate();
    const begun: string[] = [];
    const { pool, emitted } = await queue.serve(
      async ({ id, ack }) => {
        begun.push(id);
        await ack(`early ${id}`);
        await opened;
        return 'late';
      },
      { concurrency: 1 },
    );
    await vi.waitFor(async () => expect((await queue.read(first)).state).toBe('completed'));
    expect((await queue.read(first)).fields).toMatchObject({ returnvalue: `"early ${first}"`, atm: '1' });
    await vi.waitFor(() => expect(emitted.map(({ name }) => name)).toEqual(['started', 'completed']));
    expect(pool.health()).toMatchObject({ busy: 1, completed: 1 });
    expect(begun).toEqual([first]);
    open();
    await vi.waitFor(async () => expect((await queue.read(second)).state).toBe('completed'));
    await vi.waitFor(() => expect(pool.health()).toMatchObject({ busy: 0, completed: 2 }));
  });

  test('never lets the slots of a pool run more handlers than there are', async ({ own }) => {
    const queue = own();
    for (let count = 0; count < 30; count += 1) await queue.add();
    let running = 0;
    let most = 0;
    const allRun = Promise.withResolvers<void>();
    const { pool } = await queue.serve(
      async ({ ack, fencingToken }) => {
        most = Math.max(most, (running += 1));
        if (running === 4) allRun.resolve();
        await allRun.promise;
        if (fencingToken % 2 === 0) await ack('early');
        await queue.client.ping(); // others can have the slot meanwhile
        running -= 1;
        return 'in time';
      },
      { concurrency: 4 },
    );
    await vi.waitFor(() => expect(pool.health()).toMatchObject({ completed: 30, busy: 0 }));
    expect(most).toBe(4);
  });

  test('takes what the contract refuses as a returned result is taken: the job is dead', async ({ own }) => {
    const queue = own();
    const id = await queue.add();
    const said: unknown[] = [];
    await queue.serve(({ ack }) => ack(7 as never).catch((error: unknown) => said.push(error)));
    await vi.waitFor(async () => expect((await queue.read(id)).state).toBe('failed'));
    await vi.waitFor(() => expect(said).toEqual([refused('SLUICE_COMPLETION_REFUSED')]));
    expect((await queue.read(id)).fields['sluice.code']).toBe('SLUICE_RESULT_INVALID');
  });

  test('is refused when the lease was lost, and the job runs again', async ({ own }) => {
    const queue = own();
    const id = await queue.add();
    const said: unknown[] = [];
    let runs = 0;
    const { pool } = await queue.serve(
      async ({ ack }) => {
        runs += 1;
        if (runs === 1) {
          const givenBack = queue.client.multi().del(queue.key(`${id}:lock`));
          await givenBack.lmove(queue.key('active'), queue.key('wait'), 'RIGHT', 'RIGHT').exec();
          await ack('late').catch((error: unknown) => said.push(error));
        }
        return 'again';
      },
      { timings: { leaseMs: 3_000, renewMs: 100, sweepMs: 100 } },
    );
    await vi.waitFor(async () => expect((await queue.read(id)).fields['returnvalue']).toBe('"again"'));
    await vi.waitFor(() => expect(said).toEqual([refused('SLUICE_LEASE_LOST')]));
    await vi.waitFor(() => expect(pool.health()).toMatchObject({ leaseLost: 1, completed: 1 }));
  });

  test('gives an error that comes after it no effect, but reports it', async ({ own }) => {
    const queue = own();
    const id = await queue.add();
    const { emitted } = await queue.serve(async ({ ack }) => {
      await ack('done');
      throw new Error('afterwards');
    });
    await vi.waitFor(() =>
      expect(emitted.map(({ name }) => name)).toEqual(['started', 'completed', 'errorAfterSettle']),
    );
    expect(emitted.at(-1)?.event).toMatchObject({ id, code: 'ERROR', message: 'afterwards' });
    expect((await queue.read(id)).state).toBe('completed');
  });

  test('does not stop the deadline: a handler that runs too long is given up', async ({ own }) => {
    const queue = own({ timeoutMs: 60, graceMs: 30 });
    const id = await queue.add();
    const { opened, open } = gate();
    const { pool, emitted } = await queue.serve(async ({ ack }) => {
      await ack('done');
      await opened;
    });
    await vi.waitFor(() => expect(emitted.map(({ name }) => name)).toEqual(['started', 'completed', 'abandoned']));
    expect(pool.health()).toMatchObject({ busy: 0, abandoned: 1 });
    expect((await queue.read(id)).state).toBe('completed');
    open();
    await vi.waitFor(() => expect(pool.health().abandoned).toBe(0));
  });
});

describe('nack', () => {
  test('gives the job back at once, no attempt spent, and returning is no ack', async ({ own }) => {
    const queue = own();
    const id = await queue.add();
    const attempts: number[] = [];
    const { pool } = await queue.serve(async ({ attempt, nack }) => {
      if (attempts.push(attempt) < 3) await nack();
      return 'done';
    });
    await vi.waitFor(async () => expect((await queue.read(id)).state).toBe('completed'));
    expect(attempts).toEqual([1, 1, 1]);
    expect((await queue.read(id)).fields).toMatchObject({ atm: '1', ats: '3' });
    await vi.waitFor(() => expect(pool.health()).toMatchObject({ released: 2, completed: 1 }));
  });

  test('counts also when the handler did not await it before its return', async ({ own }) => {
    const queue = own();
    const id = await queue.add();
    await queue.serve(({ nack }) => {
      void nack({ delayMs: 60_000 });
      return 'done';
    });
    await vi.waitFor(async () => expect((await queue.read(id)).state).toBe('delayed'));
    expect((await queue.read(id)).fields).toMatchObject({ delay: '60000', ats: '1' });
    expect((await queue.read(id)).fields['atm'] ?? '0').toBe('0');
  });

  test.for([0, 3])('wakes another pool at once for a job of priority %i', async (priority, { own }) => {
    const queue = own();
    await queue.add({ priority });
    const { opened, open } = gate();
    const said = gate();
    await queue.serve(
      async ({ nack }) => {
        await said.opened;
        await nack();
        await opened;
      },
      { concurrency: 1 },
    );
    const runs: OwnAttempt[] = [];
    await vi.waitFor(async () => expect(await queue.client.llen(queue.key('active'))).toBe(1));
    await queue.serve((attempt) => {
      runs.push(attempt);
      return 'done';
    });
    await vi.waitFor(async () => expect(await queue.client.client('LIST')).toMatch(/flags=\w*b/));
    said.open();
    await vi.waitFor(() => expect(runs).toHaveLength(1), { timeout: WAKE_MAX_MS });
    open();
  });
});

describe('term', () => {
  test('ends the job for good, with its reason', async ({ own }) => {
    const queue = own();
    const id = await queue.add();
    const { emitted } = await queue.serve(async ({ term }) => {
      await term('nobody lives here');
      return 'done';
    });
    await vi.waitFor(async () => expect((await queue.read(id)).state).toBe('failed'));
    const { fields } = await queue.read(id);
    expect(fields).toMatchObject({ failedReason: 'nobody lives here', 'sluice.code': 'SLUICE_PERMANENT', atm: '1' });
    await vi.waitFor(() => expect(emitted.map(({ name }) => name)).toEqual(['started', 'dead']));
  });
});

describe('extend', () => {
  test('moves the deadline and the lease, and says where it is now', async ({ own }) => {
    const queue = own({ timeoutMs: 1_000, graceMs: 50, timeoutMaxMs: 60_000 });
    const id = await queue.add();
    const seen: { before: number; after: number; shown: number; aborted: boolean }[] = [];
    const { emitted } = await queue.serve(
      async (attempt) => {
        const before = attempt.deadlineAtMs;
        const after = await attempt.extend(30_000);
        await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(before + 100)); // the grace is over, too
        seen.push({ before, after, shown: attempt.deadlineAtMs, aborted: attempt.signal.aborted });
        return 'done';
      },
      { timings: { leaseMs: 3_000, renewMs: 100, sweepMs: 100 } },
    );
    await vi.waitFor(async () => expect((await queue.read(id)).state).toBe('completed'));
    expect(seen).toHaveLength(1);
    const [{ before, after, shown, aborted } = expect.unreachable()] = seen;
    expect(aborted).toBe(false);
    expect(shown).toBe(after);
    expect(after - before).toBe(30_000);
    await vi.waitFor(() => expect(emitted.map(({ name }) => name)).toEqual(['started', 'extended', 'completed']));
  });

  test('goes no further than the contract allows, and then the attempt times out', async ({ own }) => {
    const queue = own({ timeoutMs: 1_000, graceMs: 5_000, timeoutMaxMs: 1_200 });
    const id = await queue.add({ attempts: 1 });
    const reasons: unknown[] = [];
    await queue.serve(async ({ extend, signal }) => {
      const startedAt = Date.now();
      expect((await extend(60_000)) - startedAt).toBeLessThanOrEqual(1_200);
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      reasons.push(signal.reason, await extend(10).catch((error: unknown) => error));
      throw signal.reason;
    });
    await vi.waitFor(async () => expect((await queue.read(id)).state).toBe('failed'));
    expect((await queue.read(id)).fields).toMatchObject({
      'sluice.code': 'SLUICE_JOB_TIMEOUT',
      failedReason: 'Timeout after 1.2 seconds',
    });
    expect(reasons).toEqual([refused('SLUICE_JOB_TIMEOUT'), refused('SLUICE_JOB_TIMEOUT')]);
  });

  test('renews a lease that would end before the next round of renewals', async ({ own }) => {
    const queue = own({ timeoutMs: 100, graceMs: 0, timeoutMaxMs: 60_000 });
    const id = await queue.add();
    const left: number[] = [];
    await queue.serve(async ({ extend }) => {
      await queue.client.pexpire(queue.key(`${id}:lock`), 500); // as a renewal close to the old end would have left it
      await extend(30_000);
      left.push(await queue.client.pttl(queue.key(`${id}:lock`)));
      return 'done';
    });
    await vi.waitFor(async () => expect((await queue.read(id)).state).toBe('completed'));
    expect(left[0]).toBeGreaterThan(4_000);
  });

  test.for([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses %d', async (ms, { own }) => {
    const queue = own();
    const id = await queue.add();
    await queue.serve(async ({ extend }) => {
      await expect(extend(ms)).rejects.toMatchObject({ code: 'SLUICE_EXTENSION_INVALID' });
      return 'done';
    });
    await vi.waitFor(async () => expect((await queue.read(id)).state).toBe('completed'));
  });
});

describe('a second ack method', () => {
  test('is refused, whichever came first, and so is progress', async ({ own }) => {
    const queue = own();
    const id = await queue.add();
    const codes: unknown[] = [];
    await queue.serve(async ({ ack, nack, term, extend, progress }) => {
      await ack('first');
      const others = [ack('x'), nack(), term('x'), extend(1_000), progress(1)];
      for (const settled of await Promise.allSettled(others))
        codes.push(settled.status === 'rejected' ? (settled.reason as { code: string }).code : settled.status);
      return 'done';
    });
    await vi.waitFor(() => expect(codes).toHaveLength(5));
    expect(codes).toEqual([...Array<string>(4).fill('SLUICE_JOB_ALREADY_SETTLED'), 'SLUICE_LEASE_LOST']);
    expect((await queue.read(id)).fields['returnvalue']).toBe('"first"');
  });

  test('is refused once the handler has returned or was given up, and the refusal needs no catch', async ({ own }) => {
    const queue = own({ timeoutMs: 30, graceMs: 10 });
    const returned = await queue.add({ attempts: 1 });
    const kept: OwnAttempt[] = [];
    const { opened, open } = gate();
    const { pool } = await queue.serve(async (attempt) => {
      kept.push(attempt);
      if (kept.length === 2) await opened;
      return 'done';
    });
    await vi.waitFor(async () => expect((await queue.read(returned)).state).toBe('completed'));
    const abandoned = await queue.add({ attempts: 1 });
    await vi.waitFor(() => expect(pool.health().dead).toBe(1));
    expect(kept).toHaveLength(2);
    for (const attempt of kept) {
      await expect(attempt.ack('late')).rejects.toMatchObject({ code: 'SLUICE_JOB_ALREADY_SETTLED' });
      void attempt.nack();
    }
    open();
    expect((await queue.read(abandoned)).fields['sluice.code']).toBe('SLUICE_JOB_TIMEOUT');
  });

  test('counts within the grace, as a return does', async ({ own }) => {
    const queue = own({ timeoutMs: 30, graceMs: 1_000 });
    const id = await queue.add({ attempts: 1 });
    await queue.serve(async ({ signal, term }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      await term('too large to finish');
    });
    await vi.waitFor(async () => expect((await queue.read(id)).state).toBe('failed'));
    expect((await queue.read(id)).fields['failedReason']).toBe('too large to finish');
  });
});

describe('a job with an expiry', () => {
  test('is given the time until then, not more, and expires while it runs', async ({ own }) => {
    const queue = own({ timeoutMs: 5_000, timeoutMaxMs: 60_000, graceMs: 100 });
    const deadlines: number[] = [];
    const { emitted, pool } = await queue.serve(async ({ deadlineAtMs, extend, signal }) => {
      deadlines.push(deadlineAtMs, await extend(10_000));
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      throw signal.reason;
    });
    const expiresAt = Date.now() + 2_000;
    const id = await queue.add({ sluice: { v: 1, e: expiresAt } });
    await vi.waitFor(async () => expect((await queue.read(id)).state).toBe('failed'));
    for (const deadline of deadlines) expect(Math.abs(deadline - expiresAt)).toBeLessThan(30);
    expect((await queue.read(id)).fields['sluice.code']).toBe('SLUICE_JOB_EXPIRED');
    await vi.waitFor(() => expect(emitted.map(({ name }) => name)).toEqual(['started', 'extended', 'expired']));
    expect(pool.health()).toMatchObject({ expired: 1, dead: 0 });
  });
});
