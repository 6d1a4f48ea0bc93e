import { beforeEach, describe, expect, it, vi } from 'vitest';
import { aDelivery } from '../../pool/testing/fake-lease-store.ts';
import { scriptedJob } from '../../pool/testing/scripted-job.ts';
import type { LeaseThreadPort, ThreadListener } from './lease-thread-client.ts';
import type { LeaseDetails } from '../../store/lease-store/lease-details.ts';
import type { LeaseCommand } from '../shared/lease-thread-messages.ts';
import { HeldLeases } from './held-leases.ts';
import type { Lease } from './lease.ts';
import { LeaseTable } from '../thread/lease-table.ts';
import { ID_MAX_BYTES, type LeaseRecord, PHASES } from '../shared/lease-records.ts';

/** The thread's side of the shared memory, without a thread. */
class FakeThread implements LeaseThreadPort {
  readonly sent: LeaseCommand[] = [];
  table = new LeaseTable('p');
  listener: ThreadListener | undefined;
  isThere = true;

  attach(listener: ThreadListener): void {
    this.listener = listener;
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {}

  send(message: LeaseCommand): boolean {
    if (!this.isThere) return false;
    this.sent.push(message);
    if (message.kind === 'pages') this.table.add(message.pages);
    if (message.kind === 'name') this.table.name(message.lease, message.id);
    return true;
  }

  /** The lease of this fence, and its record. */
  at(fence: number): { note: LeaseDetails; record: LeaseRecord; generation: number } {
    const note = this.table.kept().find(({ token }) => token === `p:${fence}`) ?? expect.unreachable();
    return { note, record: this.table.recordOf(note), generation: note.generation };
  }
}

const outcome = { kind: 'dead', failure: { code: 'SLUICE_JOB_TIMEOUT', message: '', stack: null } } as const;
const { contract } = scriptedJob({ timeoutMs: 700, graceMs: 50 });
const nothing = (): void => undefined;

let thread: FakeThread;
let leases: HeldLeases;
let trouble: unknown[];
beforeEach(() => {
  thread = new FakeThread();
  trouble = [];
  const listener = {
    onRecovered: nothing,
    onReacquired: nothing,
    onOrder: nothing,
    onFine: nothing,
    onTrouble: (error: unknown) => trouble.push(error),
  };
  leases = new HeldLeases({ thread, leaseMs: 5_000, listener });
});

function hold(fence: number, id = 'a'): Lease {
  return leases.hold(aDelivery({ id, fence, token: `p:${fence}`, takenAtMs: performance.now() }), contract);
}

describe('the leases that a pool holds', () => {
  it('gives the thread a lease at once, without a message, for its handler may block the loop', () => {
    for (const fence of [1, 2, 3]) hold(fence, `job ${fence}`);
    expect(thread.sent).toMatchObject([{ kind: 'pages' }]);
    expect(thread.table.kept()).toMatchObject([
      { id: 'job 1', token: 'p:1', deliveries: 1, timeoutMs: 700, lastsMs: 750 },
      { token: 'p:2' },
      { id: 'job 3', token: 'p:3' },
    ]);
    expect(thread.table.running()).toHaveLength(3);
  });

  it.each([
    ['as long as a record can hold', 'k'.repeat(ID_MAX_BYTES)],
    ['longer', 'k'.repeat(ID_MAX_BYTES + 1)],
    ['longer in bytes', 'ä'.repeat(ID_MAX_BYTES / 2 + 1)],
    ['of many bytes', 'ä'.repeat(ID_MAX_BYTES / 2)],
  ])('tells an id that is %s', (_, id) => {
    const first = hold(1, id);
    expect(thread.at(1).note.id).toBe(id);
    thread.table = new LeaseTable('p');
    thread.listener?.onRestart();
    expect(thread.at(1).note.id).toBe(id);
    leases.release(first);
    hold(2, 'short');
    expect(thread.at(2).note.id).toBe('short');
  });

  it('says nothing of a lease whose long id is still on its way', () => {
    const { name } = thread.table;
    const named: (() => void)[] = [];
    thread.table.name = (...about) => named.push(() => name.apply(thread.table, about));
    hold(1, 'k'.repeat(ID_MAX_BYTES + 1));
    expect(thread.table.kept()).toEqual([]);
    for (const arrive of named) arrive();
    expect(thread.table.kept()).toMatchObject([{ token: 'p:1' }]);
  });

  it('shares the end of an attempt and the end of a lease with the thread, without a message', async () => {
    const lease = hold(1);
    const { record } = thread.at(1);
    expect(record.endsAtMs).toBe(Infinity);
    expect(lease.heldUntilMs - performance.now()).toBeCloseTo(5_000, -2);
    const before = record.heldUntilMs;
    leases.limit(lease, { timeoutMs: 700, leftMs: 750 });
    expect(record.endsAtMs - (before - 5_000)).toBeCloseTo(750, -2);
    const heldUntilMs = lease.heldUntilMs;
    record.heldUntilMs += 1_500;
    expect(lease.heldUntilMs - heldUntilMs).toBeCloseTo(1_500);
    expect(thread.sent).toHaveLength(1);
  });

  it('gives the thread the timeout that holds now, which it names when it ends the attempt', () => {
    const lease = hold(1);
    leases.limit(lease, { timeoutMs: 300, leftMs: 350 }); // the job expires before the contract's timeout
    expect(thread.at(1).note.timeoutMs).toBe(300);
    leases.limit(lease, { timeoutMs: 1_200, leftMs: 900 }); // extended
    expect(thread.at(1).note.timeoutMs).toBe(1_200);
    leases.release(lease);
    hold(2);
    expect(thread.at(2).note.timeoutMs).toBe(700);
  });

  it('lets one of the two sides end an attempt', async () => {
    const [ours, theirs] = [hold(1), hold(2)];
    expect(ours.claim()).toBe(true);
    const first = thread.at(1);
    expect(first.record.advance(first.generation, PHASES.held, PHASES.timingOut)).toBe(false);
    const second = thread.at(2);
    expect(second.record.advance(second.generation, PHASES.held, PHASES.timingOut)).toBe(true);
    expect(theirs.claim()).toBe(false);
    theirs.onTimedOut = vi.fn();
    const end = theirs.settledByWatchdog;
    thread.listener?.onMessage({ kind: 'ended', lease: second.note, outcome, written: true });
    expect(await end).toEqual({ outcome, written: true });
    expect(await theirs.settledByWatchdog).toEqual({ outcome, written: true });
    expect(theirs.onTimedOut).toHaveBeenCalledOnce();
  });

  it('ends an attempt itself after all when the thread died while it was ending it', async () => {
    const lease = hold(1);
    const { record, generation } = thread.at(1);
    record.advance(generation, PHASES.held, PHASES.timingOut);
    expect(lease.claim()).toBe(false);
    const end = lease.settledByWatchdog;
    thread.listener?.onDeath(new Error('out of memory'));
    expect(await end).toBeNull();
    expect(record.phaseOf(generation)).toBe(PHASES.settling);
    expect(trouble).toEqual([new Error('out of memory')]);
  });

  it('continues itself when the thread could not end it, because Redis is away', async () => {
    const lease = hold(1);
    const { record, generation, note } = thread.at(1);
    record.advance(generation, PHASES.held, PHASES.timingOut);
    expect(lease.claim()).toBe(false);
    const end = lease.settledByWatchdog;
    record.advance(generation, PHASES.timingOut, PHASES.held);
    thread.listener?.onMessage({ kind: 'givenBack', lease: note });
    expect(await end).toBeNull();
    expect(record.phaseOf(generation)).toBe(PHASES.settling);
  });

  it('does not wait for the thread when the lease is lost meanwhile', async () => {
    const lease = hold(1);
    const { record, generation, note } = thread.at(1);
    record.advance(generation, PHASES.held, PHASES.timingOut);
    expect(lease.claim()).toBe(false);
    const end = lease.settledByWatchdog;
    record.advance(generation, PHASES.timingOut, PHASES.held);
    record.advance(generation, PHASES.held, PHASES.lost);
    thread.listener?.onMessage({ kind: 'lost', leases: [note] });
    expect(await end).toBeNull();
  });

  it('leaves it to the thread when that has begun once more', async () => {
    const lease = hold(1);
    const { record, generation, note } = thread.at(1);
    record.advance(generation, PHASES.held, PHASES.timingOut);
    lease.claim();
    const end = lease.settledByWatchdog;
    thread.listener?.onMessage({ kind: 'givenBack', lease: note });
    thread.listener?.onMessage({ kind: 'ended', lease: note, outcome, written: true });
    expect(await end).toEqual({ outcome, written: true });
  });

  it('shows a new thread every lease that is still held', () => {
    const [first] = [hold(1), hold(2)];
    leases.release(first);
    thread.sent.length = 0;
    thread.table = new LeaseTable('p');
    thread.listener?.onRestart();
    expect(thread.table.kept().map(({ token }) => token)).toEqual(['p:2']);
    expect(thread.sent).toMatchObject([{ kind: 'pages', pages: [expect.any(SharedArrayBuffer)] }]);
  });

  it('lets a new thread know of the drain that is under way', () => {
    leases.noteDrain();
    expect(thread.sent).toEqual([{ kind: 'drain' }]);
    thread.listener?.onRestart();
    expect(thread.sent.at(-1)).toEqual({ kind: 'drain' });
  });

  it('reports a loss, unless the end is being written or the lease was released', async () => {
    const [running, settling, released] = [hold(1), hold(2), hold(3)];
    for (const lease of [running, settling, released]) lease.onLost = vi.fn();
    settling.claim();
    const held = [1, 2, 3].map((fence) => thread.at(fence));
    for (const { record, generation } of held) record.advance(generation, PHASES.held, PHASES.lost);
    leases.release(released);
    thread.listener?.onMessage({ kind: 'lost', leases: held.map(({ note }) => note) });
    expect(running.onLost).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'SLUICE_LEASE_LOST' }));
    expect([settling.onLost, released.onLost].map((told) => vi.mocked(told).mock.calls)).toEqual([[], []]);
    expect(running.claim()).toBe(true); // Redis refuses it, and says why
  });

  it('reuses a record, and never takes an old lease for the new one', async () => {
    const first = hold(1);
    const old = thread.at(1);
    leases.release(first);
    leases.release(first);
    const second = hold(2);
    expect(thread.at(2).note.slot).toBe(old.note.slot);
    expect(old.record.phaseOf(old.generation)).toBe(PHASES.free);
    expect(old.record.advance(old.generation, PHASES.held, PHASES.lost)).toBe(false);
    second.onLost = vi.fn();
    second.onTimedOut = vi.fn();
    thread.listener?.onMessage({ kind: 'lost', leases: [old.note] });
    thread.listener?.onMessage({ kind: 'ended', lease: old.note, outcome, written: true });
    expect(second.onLost).not.toHaveBeenCalled();
    expect(second.onTimedOut).not.toHaveBeenCalled();
  });

  it('adds shared memory when there are more leases than records', () => {
    const leases = Array.from({ length: 600 }, (_, n) => hold(n + 1));
    expect(new Set(thread.table.kept().map(({ slot }) => slot)).size).toBe(600);
    for (const lease of leases) expect(lease.claim()).toBe(true);
  });

  it('asks Redis through the thread whether a lease holds, and knows nothing without a thread', async () => {
    const lease = hold(1);
    const held = lease.confirm();
    expect(thread.sent.at(-1)).toMatchObject({ kind: 'confirm', ask: 1 });
    thread.listener?.onMessage({ kind: 'confirmed', ask: 1, holds: 'held' });
    expect(await held).toBe('held');
    const unanswered = lease.confirm();
    thread.listener?.onDeath(new Error('gone'));
    expect(await unanswered).toBe('unknown');
    thread.isThere = false;
    expect(await lease.confirm()).toBe('unknown');
  });

  it.each([
    [0, true],
    [2_400, true],
    [2_600, false],
    [6_000, false],
  ])('tells whether a lease is fresh when it was taken %i ms ago', (agoMs, expected) => {
    const takenAtMs = performance.now() - agoMs;
    expect(leases.hold(aDelivery({ takenAtMs }), contract).isFresh).toBe(expected);
  });

  it('gives an end a second after its grace, five minutes without Redis, and none in a hurry', async () => {
    const lease = hold(1);
    expect(lease.retrySettleUntilMs).toBe(lease.heldUntilMs);
    leases.limit(lease, { timeoutMs: 700, leftMs: 60_000 });
    expect(lease.retrySettleUntilMs - performance.now()).toBeCloseTo(61_000, -2);
    expect(lease.retryOutageUntilMs - performance.now()).toBeCloseTo(361_000, -2);
    leases.hurry();
    expect(lease.retrySettleUntilMs).toBe(lease.heldUntilMs);
    expect(lease.retryOutageUntilMs).toBe(lease.heldUntilMs);
  });
});
