import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { poolDefaults } from '../../job/pool-defaults.ts';
import type { Renewal } from '../../store/lease-store/lease-thread-redis.ts';
import { LeaseRenewer } from './lease-renewer.ts';
import { LeaseTable } from './lease-table.ts';
import { LeaseRecords, PHASES, sharedNowMs } from '../shared/lease-records.ts';

const { leaseMs, renewMs, sweepMs, settleMarginMs, settleOutageMs } = poolDefaults;
const note = { id: 'a', fence: 7, deliveries: 1, timeoutMs: 1_000, lastsMs: 60_000 };

let asked: Renewal[][];
let renewer: LeaseRenewer;
let records: LeaseRecords;

beforeEach(() => {
  asked = [];
  records = new LeaseRecords();
  const page = records.grow();
  const table = new LeaseTable('p');
  table.add([page]);
  renewer = new LeaseRenewer({
    timings: { leaseMs, renewMs, sweepMs },
    table,
    redis: {
      client: { on: vi.fn() } as never,
      renew: async (renewals) => {
        asked.push([...renewals]);
        return renewals.map(() => 1 as const);
      },
    },
    report: vi.fn(),
  });
  records.at(0).open(1, sharedNowMs() + leaseMs, note);
});
afterEach(() => renewer.stop());

/** How long the lease is renewed for, when the attempt's deadline and grace are so far off. */
async function renewedFor(endsInMs: number): Promise<number | undefined> {
  records.at(0).endsAtMs = sharedNowMs() + endsInMs;
  await renewer.renewAll();
  return asked.at(-1)?.[0]?.leaseMs;
}

describe('a round of renewals', () => {
  it('lets a lease last no longer than the attempt and the writing of its end', async () => {
    expect(await renewedFor(60_000)).toBe(leaseMs);
    expect(await renewedFor(2_000)).toBeCloseTo(2_000 + settleMarginMs, -2);
    expect(await renewedFor(200 - settleMarginMs)).toBeCloseTo(200, -2);
  });

  it('keeps an overdue lease until the next round, for as long as its end is tried to be written', async () => {
    for (const phase of [PHASES.held, PHASES.settling, PHASES.timingOut]) {
      records.at(0).advance(1, PHASES.held, phase);
      expect(await renewedFor(-settleMarginMs - 1)).toBe(renewMs + settleMarginMs);
      records.at(0).advance(1, phase, PHASES.held);
    }
    expect(await renewedFor(-settleMarginMs - settleOutageMs + 1_000)).toBe(renewMs + settleMarginMs);
    expect(await renewedFor(-settleMarginMs - settleOutageMs - 1)).toBeUndefined();
  });

  it('names each lease as Redis knows it', async () => {
    await renewedFor(60_000);
    expect(asked).toEqual([[{ id: 'a', token: 'p:7', deliveries: 1, leaseMs }]]);
  });

  it('forgets what is settled', async () => {
    records.at(0).close();
    expect(await renewedFor(60_000)).toBeUndefined();
  });
});

describe('a lease that is asked for', () => {
  it('lasts long enough for the end to be written', async () => {
    records.at(0).endsAtMs = sharedNowMs() + settleMarginMs / 2 - settleMarginMs;
    expect(await renewer.confirm({ slot: 0, generation: 1 })).toBe('held');
    expect(asked.at(-1)?.[0]?.leaseMs).toBe(settleMarginMs);
  });
});
