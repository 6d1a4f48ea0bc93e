import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { mainLoop, type Place } from './find-place.ts';
import { giveUp } from './give-up.ts';
import { PoolEmitter } from './pool-events.ts';
import { PoolTally } from './pool-tally.ts';

const about = { id: 'a', job: 'scripted', attempt: 1 };
let tally: PoolTally;
let told: string[];
let events: PoolEmitter;

beforeEach(() => {
  vi.useFakeTimers();
  tally = new PoolTally();
  told = [];
  events = new PoolEmitter();
  events.on('abandoned', ({ id }) => told.push(`abandoned ${id}`));
  events.on('terminated', ({ id }) => told.push(`terminated ${id}`));
});
afterEach(() => void vi.useRealTimers());

function inThread(gone: Promise<void>): Place {
  const seat = { handle: () => Promise.resolve(), terminate: () => gone, leave: () => undefined };
  return { kind: 'thread', seat };
}

describe('a handler that is given up', () => {
  it('is abandoned on the main loop, where nothing can end it', () => {
    giveUp(mainLoop, about, { events, tally });
    expect([told, tally.counts.abandoned, tally.counts.terminated]).toEqual([['abandoned a'], 1, 0]);
  });

  it('goes with its thread, and is not abandoned', async () => {
    giveUp(inThread(Promise.resolve()), about, { events, tally });
    await vi.advanceTimersByTimeAsync(5_000);
    expect([told, tally.counts.abandoned, tally.counts.terminated]).toEqual([['terminated a'], 0, 1]);
  });

  it('counts as abandoned while its thread does not go', async () => {
    const gone = Promise.withResolvers<void>();
    giveUp(inThread(gone.promise), about, { events, tally });
    await vi.advanceTimersByTimeAsync(999);
    expect(tally.counts.abandoned).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(tally.counts.abandoned).toBe(1);
    gone.resolve();
    await vi.advanceTimersByTimeAsync(0);
    expect(tally.counts.abandoned).toBe(0);
  });
});
