import { beforeEach, describe, expect, it, vi } from 'vitest';
import { aDelivery } from '../pool/testing/fake-lease-store.ts';
import { scriptedJob } from '../pool/testing/scripted-job.ts';
import type { KeeperThread, ThreadListener } from './keeper-link.ts';
import { type LeaseNote, type ToKeeper, unflatten } from './keeper-messages.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import type { Lease } from './lease.ts';
import { type LeaseCell, LeaseCells, phases } from './shared-leases.ts';

/** The thread's side of the shared memory, without a thread. */
class FakeThread implements KeeperThread {
  readonly sent: ToKeeper[] = [];
  readonly cells = new LeaseCells();
  listener: ThreadListener | undefined;
  isThere = true;

  attach(listener: ThreadListener): void {
    this.listener = listener;
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {}

  send(message: ToKeeper): boolean {
    if (!this.isThere) return false;
    this.sent.push(message);
    if (message.kind === 'hold') for (const page of message.pages) this.cells.add(page);
    return true;
  }

  get notes(): LeaseNote[] {
    return this.sent.flatMap((message) => (message.kind === 'hold' ? unflatten(message.leases) : []));
  }

  /** The n-th lease that was told, and its cell. */
  at(n: number): { note: LeaseNote; cell: LeaseCell; generation: number } {
    const note = this.notes[n] as LeaseNote;
    return { note, cell: this.cells.at(note.slot), generation: note.generation };
  }
}

const outcome = { kind: 'dead', failure: { code: 'SLUICE_JOB_TIMEOUT', message: '', stack: null } } as const;
const { contract } = scriptedJob({ timeoutMs: 700, graceMs: 50 });
const nothing = (): void => undefined;

let thread: FakeThread;
let keeper: LeaseKeeper;
let trouble: unknown[];
beforeEach(() => {
  thread = new FakeThread();
  trouble = [];
  const listener = {
    onRecovered: nothing,
    onRegained: nothing,
    onFine: nothing,
    onTrouble: (error: unknown) => trouble.push(error),
  };
  keeper = new LeaseKeeper({ thread, leaseMs: 5_000, listener });
});

async function hold(token: string): Promise<Lease> {
  const lease = keeper.hold(aDelivery({ token, takenAtMs: performance.now() }), contract);
  await Promise.resolve();
  return lease;
}

describe('the lease keeper', () => {
  it('tells the thread of all leases of a turn at once, before any handler can run', async () => {
    for (const token of ['a', 'b', 'c']) keeper.hold(aDelivery({ token }), contract);
    expect(thread.sent).toEqual([]);
    await Promise.resolve();
    expect(thread.sent).toHaveLength(1);
    expect(thread.notes).toMatchObject([{ token: 'a', timeoutMs: 700, lastsMs: 750 }, { token: 'b' }, { token: 'c' }]);
  });

  it('shares the end of an attempt and the end of a lease with the thread, without a message', async () => {
    const lease = await hold('a');
    const { cell } = thread.at(0);
    expect(cell.endsAtMs).toBe(Infinity);
    expect(lease.heldUntilMs - performance.now()).toBeCloseTo(5_000, -2);
    const before = cell.heldUntilMs;
    keeper.limit(lease, 750);
    expect(cell.endsAtMs - (before - 5_000)).toBeCloseTo(750, -2);
    const heldUntilMs = lease.heldUntilMs;
    cell.heldUntilMs += 1_500;
    expect(lease.heldUntilMs - heldUntilMs).toBeCloseTo(1_500);
    expect(thread.sent).toHaveLength(1);
  });

  it('lets one of the two sides end an attempt', async () => {
    const [ours, theirs] = [await hold('a'), await hold('b')];
    expect(ours.claim()).toBe(true);
    const first = thread.at(0);
    expect(first.cell.advance(first.generation, phases.held, phases.overtaken)).toBe(false);
    const second = thread.at(1);
    expect(second.cell.advance(second.generation, phases.held, phases.overtaken)).toBe(true);
    expect(theirs.claim()).toBe(false);
    theirs.onOvertaken = vi.fn();
    const end = theirs.overtaken;
    thread.listener?.onMessage({ kind: 'ended', lease: second.note, outcome, written: true });
    expect(await end).toEqual({ outcome, written: true });
    expect(await theirs.overtaken).toEqual({ outcome, written: true });
    expect(theirs.onOvertaken).toHaveBeenCalledOnce();
  });

  it('ends an attempt itself after all when the thread died while it was ending it', async () => {
    const lease = await hold('a');
    const { cell, generation } = thread.at(0);
    cell.advance(generation, phases.held, phases.overtaken);
    expect(lease.claim()).toBe(false);
    const end = lease.overtaken;
    thread.listener?.onDeath(new Error('out of memory'));
    expect(await end).toBeNull();
    expect(cell.phaseOf(generation)).toBe(phases.settling);
    expect(trouble).toEqual([new Error('out of memory')]);
  });

  it('tells a new thread of every lease that is still held', async () => {
    const [first] = [await hold('a'), await hold('b')];
    keeper.release(first);
    thread.sent.length = 0;
    thread.listener?.onRestart();
    expect(thread.notes.map(({ token }) => token)).toEqual(['b']);
    expect(thread.sent).toMatchObject([{ kind: 'hold', pages: [expect.any(SharedArrayBuffer)] }]);
  });

  it('tells of a loss, unless the end is being written or the lease was released', async () => {
    const [running, settling, released] = [await hold('a'), await hold('b'), await hold('c')];
    for (const lease of [running, settling, released]) lease.onLost = vi.fn();
    settling.claim();
    const leases = [0, 1, 2].map((n) => thread.at(n));
    for (const { cell, generation } of leases) cell.advance(generation, phases.held, phases.lost);
    keeper.release(released);
    thread.listener?.onMessage({ kind: 'lost', leases: leases.map(({ note }) => note) });
    expect(running.onLost).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'SLUICE_LEASE_LOST' }));
    expect([settling.onLost, released.onLost].map((told) => vi.mocked(told).mock.calls)).toEqual([[], []]);
    expect(running.claim()).toBe(true); // Redis refuses it, and says why
  });

  it('uses a cell again, and never takes an old lease for the new one', async () => {
    const first = await hold('a');
    const old = thread.at(0);
    keeper.release(first);
    keeper.release(first);
    const second = await hold('b');
    expect(thread.at(1).note.slot).toBe(old.note.slot);
    expect(old.cell.phaseOf(old.generation)).toBe(phases.free);
    expect(old.cell.advance(old.generation, phases.held, phases.lost)).toBe(false);
    second.onLost = vi.fn();
    second.onOvertaken = vi.fn();
    thread.listener?.onMessage({ kind: 'lost', leases: [old.note] });
    thread.listener?.onMessage({ kind: 'ended', lease: old.note, outcome, written: true });
    expect(second.onLost).not.toHaveBeenCalled();
    expect(second.onOvertaken).not.toHaveBeenCalled();
  });

  it('adds shared memory when there are more leases than cells', async () => {
    const leases = Array.from({ length: 600 }, (_, n) => keeper.hold(aDelivery({ token: `t${n}` }), contract));
    await Promise.resolve();
    expect(thread.cells.size).toBe(768);
    expect(new Set(thread.notes.map(({ slot }) => slot)).size).toBe(600);
    for (const lease of leases) expect(lease.claim()).toBe(true);
  });

  it('asks Redis through the thread whether a lease holds, and knows nothing without a thread', async () => {
    const lease = await hold('a');
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

  it('finds an end worth writing until a second after deadline and grace, for five minutes more while Redis is away, but in a hurry only as long as it is held', async () => {
    const lease = await hold('a');
    expect(lease.worthUntilMs).toBe(lease.heldUntilMs);
    keeper.limit(lease, 60_000);
    expect(lease.worthUntilMs - performance.now()).toBeCloseTo(61_000, -2);
    expect(lease.worthWaitingUntilMs - performance.now()).toBeCloseTo(361_000, -2);
    keeper.hurry();
    expect(lease.worthUntilMs).toBe(lease.heldUntilMs);
    expect(lease.worthWaitingUntilMs).toBe(lease.heldUntilMs);
  });
});
