import * as v from 'valibot';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Delivery } from '../job/delivery.ts';
import { defineJob } from '../job/contracts/job-contract.ts';
import { silentLogger } from '../job/logging/logger.ts';
import { defineHandler } from '../threads/thread/define-handler.ts';
import type { BoundHandler } from '../job/handler/handler-registry.ts';
import type { PoolServices } from './attempt-record.ts';
import { systemClock } from '../job/clock.ts';
import { AbortRegistry } from './abort-registry.ts';
import { Batches } from './batch/batches.ts';
import { PoolEmitter } from './pool-events.ts';
import { PoolCounters } from './pool-counters.ts';
import { ProcessLoad } from './process-load.ts';
import { RedisMonitor } from './redis-monitor.ts';
import { runAttempt } from './run-attempt.ts';
import { FakeHeldLeases } from '../pool/testing/fake-lease.ts';
import { aDelivery, FakeLeaseStore, leaseLost } from '../pool/testing/fake-lease-store.ts';
import { UnservedJobs } from './unserved-jobs.ts';
import { scriptedJob } from '../pool/testing/scripted-job.ts';

let store: FakeLeaseStore;
let job: ReturnType<typeof scriptedJob>;
let services: PoolServices;
let events: { name: string; code?: string; delayMs?: number }[];

beforeEach(() => {
  store = new FakeLeaseStore();
  job = scriptedJob({ attempts: 2, version: 3 });
  events = [];
  const emitter = new PoolEmitter();
  for (const name of ['started', 'completed', 'retried', 'released', 'dead', 'leaseLost', 'fault'] as const) {
    emitter.on(name, (event) => events.push({ name, ...event }));
  }
  for (const name of ['expired', 'missing'] as const) emitter.on(name, (event) => events.push({ name, ...event }));
  const watch = new RedisMonitor(emitter, systemClock);
  services = {
    handlers: new Map<string, BoundHandler>([['scripted', job.handler]]),
    store,
    batcher: store,
    leases: new FakeHeldLeases(),
    aborts: new AbortRegistry(),
    batches: new Batches({ total: 10 }),
    watch,
    events: emitter,
    counters: new PoolCounters(),
    process: new ProcessLoad(),
    unserved: new UnservedJobs(
      () => performance.now(),
      () => undefined,
    ),
    clock: systemClock,
    random: () => 0,
    log: silentLogger(),
  };
});

/** A delivery that the store has handed out. */
const held = (fields?: Partial<Delivery>): Delivery => store.hold(aDelivery(fields));
const names = (): string[] => events.map(({ name }) => name);

describe('the course of an attempt', () => {
  it.each<[string, Partial<Delivery>, number | null]>([
    ['since it was put', {}, 500],
    ['since its delay was over', { options: { delay: 400 } }, 100],
    ['not when it was taken before', { deliveries: 2 }, null],
    ['not when nobody knows when it was put', { createdAtMs: 0 }, null],
  ])('says at the take how long the job has waited: %s', async (_, fields, waitedMs) => {
    const taken: unknown[] = [];
    services.events.on('taken', (event) => taken.push(event));
    const clock = { ...systemClock, redisMs: () => 10_500 };
    await runAttempt(held({ createdAtMs: 10_000, deliveries: 1, ...fields }), { ...services, clock });
    expect(taken).toEqual([{ id: 'a', job: 'scripted', attempt: 1, waitedMs }]);
  });

  it('goes from start to settle to report', async () => {
    await runAttempt(held(), services);
    expect(store.calls).toEqual(['complete a']);
    expect(names()).toEqual(['started', 'completed']);
    expect(services.counters.counts.completed).toBe(1);
  });

  it('shows the id as its caller gave it', async () => {
    await runAttempt(held({ id: 'k.a%2Fb' }), services);
    expect(job.runs[0]?.id).toBe('a/b');
    await runAttempt(held({ id: 'k.%zz' }), services);
    expect(job.runs[1]?.id).toBe('k.%zz');
  });

  it.each([
    ['whose worker died too often', { deferredFailure: 'job stalled more than allowable limit' }, 'SLUICE_JOB_CRASHED'],
    ['whose child failed', { deferredFailure: 'child bull:q:1 failed' }, 'ERROR'],
    ['whose payload does not parse', { data: '{"do":' }, 'SLUICE_PAYLOAD_INVALID'],
  ])('dead-letters a job %s without running it', async (_, fields, code) => {
    await runAttempt(held(fields), services);
    expect(store.calls).toEqual(['deadLetter a']);
    expect(events).toEqual([expect.objectContaining({ name: 'dead', code })]);
  });

  it('dead-letters a job whose payload no longer fits with the paths, and none of its values', async () => {
    const secret = v.object({ card: v.object({ number: v.number() }), tags: v.array(v.number()) });
    const contract = defineJob({ name: 'scripted', payload: secret, result: v.any() });
    const payload = { card: { number: '4111 1111' }, tags: [1, 'hidden'] };
    const handlers = new Map([['scripted', defineHandler(contract, () => 1)]]);
    await runAttempt(held({ data: JSON.stringify(payload), options: {} }), { ...services, handlers });
    expect(events).toEqual([
      expect.objectContaining({
        code: 'SLUICE_PAYLOAD_INVALID',
        message: expect.stringMatching(/^payload of scripted is invalid: card\.number: .*; tags\[1\]: /) as string,
      }),
    ]);
    expect(JSON.stringify(store.queue.jobs.get('a')?.failure)).not.toMatch(/4111|hidden/);
  });

  it('discards what is left of a job that was removed while its id was in the queue', async () => {
    await runAttempt(held({ name: '' }), services);
    expect([store.calls, names()]).toEqual([['discard a'], ['missing']]);
    expect(services.counters.counts).toMatchObject({ missing: 1, dead: 0 });
  });

  it('dead-letters a job that expired before its start, as expired', async () => {
    await runAttempt(held({ options: { sluice: { v: 3, e: Date.now() - 1 } } }), services);
    expect([store.calls, names(), job.runs]).toEqual([['deadLetter a'], ['expired'], []]);
  });

  it.each([
    [1, 1_000],
    [3, 4_000],
    [40, 30_000],
  ])('puts a job of a newer version aside at its %i. delivery for %i ms', async (deliveries, delayMs) => {
    await runAttempt(held({ options: { sluice: { v: 4 } }, deliveries }), services);
    expect(events).toEqual([expect.objectContaining({ name: 'released', code: 'SLUICE_VERSION_TOO_NEW', delayMs })]);
    expect(job.runs).toHaveLength(0);
  });

  it('does not start a handler once the pool is interrupted', async () => {
    services.aborts.abortAll(new Error('shutting down'));
    await runAttempt(held(), services);
    expect([store.calls, job.runs]).toEqual([['release a'], []]);
  });

  it('reports a lost lease and not the outcome', async () => {
    store.failures.complete = [leaseLost()];
    await runAttempt(held(), services);
    expect(names()).toEqual(['started', 'leaseLost']);
    expect(services.counters.counts).toMatchObject({ leaseLost: 1, completed: 0 });
  });

  it('that the lease thread ended as timed out is reported once, as that', async () => {
    const failure = { code: 'SLUICE_JOB_TIMEOUT', message: 'Timeout', stack: null };
    const leases = new FakeHeldLeases();
    leases.fields.settledByWatchdog = { outcome: { kind: 'retried', failure, delayMs: 7 }, written: true };
    services.events.on('settledByWatchdog', ({ outcome }) => events.push({ name: `settledByWatchdog: ${outcome}` }));
    await runAttempt(held(), { ...services, leases });
    expect(store.calls).toEqual([]);
    expect(names()).toEqual(['started', 'settledByWatchdog: completed', 'retried']);
    expect(services.counters.counts).toMatchObject({ settledByWatchdog: 1, retried: 1, completed: 0, leaseLost: 0 });
    expect(leases.held.size).toBe(0);
  });

  it.each(['lost', 'unknown'] as const)('whose lease may be over and is %s is not run', async (holds) => {
    const leases = new FakeHeldLeases();
    Object.assign(leases.fields, { isFresh: false, holds: [holds, 'lost'] });
    store.failures.release = [leaseLost()];
    await runAttempt(held(), { ...services, leases });
    expect(job.runs).toEqual([]);
    expect(store.calls).toEqual(['release a']);
    expect(names()).toEqual(['leaseLost']);
  });

  it('whose lease may be over is run when it is still ours', async () => {
    const leases = new FakeHeldLeases();
    Object.assign(leases.fields, { isFresh: false, holds: ['held'] });
    await runAttempt(held(), { ...services, leases });
    expect(names()).toEqual(['started', 'completed']);
  });

  it('writes its timeout to the lease from its start, after each extension too', async () => {
    const leases = new FakeHeldLeases();
    const contract = { ...job.contract, timeoutMs: 1_000, timeoutMaxMs: 1_500 };
    const handler = defineHandler(contract, async (attempt) => {
      await attempt.extend(200);
      await attempt.extend(9_000);
      return { said: 'done', attempt: attempt.attempt };
    });
    leases.fields.holds = ['held', 'held'];
    await runAttempt(held(), { ...services, leases, handlers: new Map([['scripted', handler]]) });
    expect(leases.timeouts).toEqual([1_000, 1_200, 1_500]);
  });

  it('is not disturbed by a listener that throws', async () => {
    services.events.on('started', () => {
      throw new Error('a bad listener');
    });
    await runAttempt(held(), services);
    expect(names()).toEqual(['started', 'fault', 'completed']);
  });

  it('is not disturbed by a listener that rejects', async () => {
    services.events.on('started', async () => {
      throw new Error('a bad listener');
    });
    services.events.on('fault', async () => {
      throw new Error('a worse one');
    });
    await runAttempt(held(), services);
    await vi.waitFor(() => expect(names().toSorted()).toEqual(['completed', 'fault', 'started']));
  });

  it('is a failed attempt when something inside is broken before it has an outcome', async () => {
    await runAttempt(held(), { ...services, aborts: null as never });
    expect(names()).toEqual(['fault', 'retried']);
  });

  it('never rejects, whatever is broken inside', async () => {
    await runAttempt(held(), { ...services, counters: null as never });
    expect(names()).toEqual(['started', 'fault']);
  });
});
