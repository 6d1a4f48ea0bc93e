import { describe, expect, it } from 'vitest';
import { type HostSlot, HostSlots } from './host-slots.ts';

/** Slots whose clock stands until the test moves it. */
function slotsOf(perHost: number) {
  const clock = { ms: 0 };
  const slots = new HostSlots({ perHost, now: () => clock.ms });
  const take = (host = 'a:80'): Extract<HostSlot, { granted: true }> => {
    const slot = slots.acquire(host);
    return slot.granted ? slot : expect.fail('no slot is free');
  };
  const turnAway = (host = 'a:80'): number => {
    const slot = slots.acquire(host);
    return slot.granted ? expect.fail('a slot was free') : slot.comeBackMs;
  };
  return { clock, take, turnAway };
}

describe('HostSlots', () => {
  it('grants each host as many as it may get, and more when one is given back', () => {
    const { take, turnAway } = slotsOf(2);
    const first = take();
    take();
    expect(turnAway()).toBe(500);
    take('b:80');
    first.release();
    take();
    expect(turnAway()).toBeGreaterThan(500);
  });

  it('gives those that are turned away their turns by how long requests take', () => {
    const { clock, take, turnAway } = slotsOf(2);
    take();
    for (let request = 0; request < 50; request += 1) {
      const slot = take();
      clock.ms += 10_000;
      slot.release();
    }
    take();
    const waitsMs = Array.from({ length: 20 }, () => Math.round(turnAway() / 1_000) * 1_000);
    expect(waitsMs.slice(0, 4)).toEqual([5_000, 10_000, 15_000, 20_000]);
    expect(waitsMs.slice(-8)).toEqual(Array.from({ length: 8 }, () => 60_000));
  });

  it('lets none come back at once, also of a host that is quick', () => {
    const { clock, take, turnAway } = slotsOf(2);
    take();
    for (let request = 0; request < 50; request += 1) {
      const slot = take();
      clock.ms += 10;
      slot.release();
    }
    take();
    expect(turnAway()).toBe(500);
  });

  it('knows nothing of a host that has no requests', () => {
    const { clock, take, turnAway } = slotsOf(1);
    const slot = take();
    for (let time = 0; time < 100; time += 1) turnAway();
    clock.ms += 20_000;
    slot.release();
    take();
    expect(turnAway()).toBe(1_000);
  });
});
