import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { silentLogger, type Logger } from '../job/logging/logger.ts';
import { defineJob } from '../job/contracts/job-contract.ts';
import { LeaseLostError } from '../job/errors/index.ts';
import type { Attempt } from '../job/handler/attempt.ts';
import { AttemptContext } from './attempt-context.ts';
import type { AttemptRecord } from './attempt-record.ts';
import { PoolEmitter } from './pool-events.ts';
import { systemClock } from '../job/clock.ts';
import type { HandlerRun } from './handler-run.ts';
import { aLease, FakeHeldLeases } from '../pool/testing/fake-lease.ts';
import { aDelivery, FakeLeaseStore } from '../pool/testing/fake-lease-store.ts';

const contract = defineJob({ name: 'test', payload: z.any(), result: z.any(), retry: { attempts: 3 } });
const child = vi.fn(() => silentLogger());
const { signal } = new AbortController();

function open(): { context: AttemptContext; attempt: Attempt } {
  const store = new FakeLeaseStore();
  const record: AttemptRecord = {
    delivery: store.hold(aDelivery({ fence: 7 })),
    about: { id: 'a', job: 'test', attempt: 1 },
    lease: aLease({ holds: ['held', 'held'] }),
    startedAtMs: 0,
    isSuspect: false,
    handler: null,
    payload: { n: 1 },
    trace: null,
    run: null,
    controls: null,
    outcome: null,
    written: false,
    refused: null,
  };
  const run = { signal, timeoutMs: 1_000, graceMs: 0, extend: (ms: number) => ms } as unknown as HandlerRun;
  const log = { child } as unknown as Logger;
  const services = { store, leases: new FakeHeldLeases(), events: new PoolEmitter(), clock: systemClock, log };
  const context = new AttemptContext(record, contract, run, services);
  return { context, attempt: AttemptContext.shown(context) };
}

describe('what a handler gets', () => {
  it('is whole when it is copied, or taken apart with a rest', async () => {
    const { attempt } = open();
    const { payload, ...rest } = attempt;
    const copy = { ...attempt };
    expect(payload).toEqual({ n: 1 });
    expect(copy).toMatchObject({ id: 'a', payload: { n: 1 }, attempt: 1, maxAttempts: 3, fencingToken: 7 });
    expect(copy.deadlineAtMs - Date.now()).toBeCloseTo(1_000, -2);
    for (const part of [rest, copy]) {
      expect(part.signal).toBe(signal);
      expect(part.log).toBe(attempt.log);
      await expect(part.progress(1)).resolves.toBeUndefined();
      await expect(part.extend(5)).resolves.toBe(attempt.deadlineAtMs);
    }
    expect(Object.keys(rest).toSorted()).toEqual(
      'ack attempt children deadlineAtMs extend fencingToken id log maxAttempts nack progress signal term'.split(' '),
    );
  });

  it('creates its log at first use, and once', () => {
    child.mockClear();
    const { attempt } = open();
    expect(child).not.toHaveBeenCalled();
    const { log } = attempt;
    expect(attempt.log).toBe(log);
    expect(child).toHaveBeenCalledOnce();
  });

  it('stores no progress any more once it is closed', async () => {
    const { context, attempt } = open();
    AttemptContext.close(context);
    await expect(attempt.progress(1)).rejects.toThrow(LeaseLostError);
  });
});
