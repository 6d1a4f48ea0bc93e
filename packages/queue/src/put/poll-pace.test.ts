import { describe, expect, it } from 'vitest';
import { producerDefaults } from '../job/defaults.ts';
import { PollPace } from './poll-pace.ts';

const { pollMinMs, pollMaxMs, pollBehindMs } = producerDefaults;
const longest = () => 1;
const shortest = () => 0;

/** A pace on a clock that the test moves. */
function paceAt(options: { random?: () => number; ticketMs?: number } = {}) {
  const clock = { ms: 1_000 };
  const pace = new PollPace({ random: longest, ...options, now: () => clock.ms });
  const look = (found: boolean, ahead: number): void => pace.saw({ found, ahead });
  return { clock, pace, look };
}

/** The pauses between looks that find nothing. */
function pausesInVain({ clock, pace, look }: ReturnType<typeof paceAt>, ahead: number, isWoken: boolean): number[] {
  return Array.from({ length: 12 }, () => {
    look(false, ahead);
    const pauseMs = pace.nextMs(isWoken);
    clock.ms += pauseMs;
    return pauseMs;
  });
}

describe('at the head of the waiter queue', () => {
  it('looks again soon while it finds capacity', () => {
    const { clock, pace, look } = paceAt();
    clock.ms += 60_000;
    look(true, 0);
    expect(pace.nextMs(true)).toBe(pollMinMs);
  });

  it('waits longer after each look that found none, up to its bound', () => {
    const pauses = pausesInVain(paceAt(), 0, true);
    expect(pauses.slice(0, 5)).toEqual([5, 5, 10, 20, 40]);
    expect(pauses.at(-1)).toBe(pollMaxMs);
  });

  it('is soon again as soon as there was free capacity, or when it has just become the head', () => {
    const kit = paceAt();
    pausesInVain(kit, 0, true);
    kit.look(true, 0);
    expect(kit.pace.nextMs(true)).toBe(pollMinMs);
    const behind = paceAt();
    pausesInVain(behind, 1, true);
    behind.look(false, 0);
    expect(behind.pace.nextMs(true)).toBe(pollMinMs);
  });

  it('does not slow down by looks that wake-ups add', () => {
    const { pace, look } = paceAt();
    for (let i = 0; i < 20; i += 1) look(false, 0);
    expect(pace.nextMs(true)).toBe(pollMinMs);
  });

  it('never pauses less than half of what it could', () => {
    expect(paceAt({ random: shortest }).pace.nextMs(true)).toBe(pollMinMs / 2);
  });
});

describe('further back', () => {
  it('looks rarely while wake-ups arrive', () => {
    for (const pauseMs of pausesInVain(paceAt(), 1, true)) expect(pauseMs).toBe(pollBehindMs);
  });

  it('looks in time for the head without wake-ups, by how fast those before left', () => {
    const { clock, pace, look } = paceAt();
    look(false, 9);
    clock.ms += 60;
    look(false, 6);
    expect(pace.ticketMs).toBe(20);
    expect(pace.nextMs(false)).toBe((20 * 6) / 3);
  });

  it('goes by how fast tickets left before it was opened', () => {
    const { pace, look } = paceAt({ ticketMs: 3 });
    look(false, 10);
    expect(pace.nextMs(false)).toBeCloseTo(10);
  });

  it('looks rarely without wake-ups, too, the more are before it and the longer nothing moves', () => {
    for (const ahead of [1, 5, 32]) {
      const pauses = pausesInVain(paceAt({ ticketMs: 1 }), ahead, false);
      for (const [n, pauseMs] of pauses.entries()) {
        expect(pauseMs).toBeGreaterThanOrEqual(pauses[n - 1] ?? 0);
        expect(pauseMs).toBeLessThanOrEqual(pollBehindMs);
      }
    }
    expect(pausesInVain(paceAt(), 8, false).at(-1)).toBe(pollBehindMs);
    expect(pausesInVain(paceAt(), 1, false).at(-1)).toBeLessThan(pollBehindMs / 4);
  });

  it('is not thought to take longer than a pause of the head, however long it took', () => {
    const { clock, pace, look } = paceAt();
    look(false, 2);
    clock.ms += 60_000;
    look(false, 1);
    expect(pace.ticketMs).toBe(pollMaxMs);
  });
});
