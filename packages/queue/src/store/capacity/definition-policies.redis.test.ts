import { describe, expect } from 'vitest';
import { z } from 'zod';
import { metaFields } from '../keys/meta-fields.ts';
import { defineJob } from '../../job/contracts/job-contract.ts';
import { defineQueue, type EventPolicy, type JobLimits } from '../../job/contracts/queue-policy.ts';
import { type CapacityDefinition, definitionOf } from './capacity-definition.ts';
import { fleetTest as test, twenty } from './testing/fleet-test.ts';

/** A definition of these limits: of the queue, and of the contract `a`. */
function limited(capacity: number, queueRunning: number, ofA?: JobLimits): CapacityDefinition {
  const jobs = [defineJob({ name: 'a', payload: z.any(), result: z.any() })];
  const limits = { ...(queueRunning > 0 && { running: queueRunning }), ...(ofA && { jobs: { a: ofA } }) };
  return definitionOf(defineQueue({ name: 'limited', jobs, capacity, limits }));
}

describe('the limits of definitions', () => {
  const first = limited(10, 5, { running: 2 });
  const second = limited(10, 0, { running: 3, rate: { jobs: 7, perMs: 1_000 } });

  test('have one owner, the one of the capacity: in a deployment and back', async ({ fleet }) => {
    const old = await fleet.run(first);
    expect(await fleet.limits()).toEqual({ concurrency: '5', a: '2 0 0 0' });
    const newer = await fleet.run(second);
    expect(await fleet.limits()).toEqual({ concurrency: null, a: '3 7 1000 0' });
    await old.renew();
    await fleet.run(first); // an old process restarts
    expect(await fleet.limits()).toEqual({ concurrency: null, a: '3 7 1000 0' });
    await newer.leave();
    await fleet.run(first);
    expect(await fleet.limits()).toEqual({ concurrency: '5', a: '2 0 0 0' });
    await fleet.run(limited(10, 0));
    expect(await fleet.limits()).toEqual({ concurrency: null, a: null });
  });

  test('give way to what an operator has set, and to a contract that is paused', async ({ fleet }) => {
    await fleet.run(first);
    await fleet.client.hset(fleet.key('sluice:limits'), 'a', '9 0 0 0');
    await fleet.client.hset(fleet.meta, 'concurrency', 50);
    await fleet.run(second);
    expect(await fleet.limits()).toEqual({ concurrency: '50', a: '9 0 0 0' });
    await fleet.client.hset(fleet.key('sluice:limits'), 'a', '3 7 1000 1');
    await fleet.run(limited(11, 0, { running: 4 }));
    expect(await fleet.limits()).toMatchObject({ a: '4 0 0 1' });
  });

  test('are left alone by a client that states none of them, such as a plain BullMQ queue', async ({ fleet }) => {
    await fleet.run(first);
    await fleet.run(twenty);
    expect(await fleet.limits()).toEqual({ concurrency: '5', a: '2 0 0 0' });
  });
});

/** A definition that chooses events. */
function choosing(events: EventPolicy, revision?: number): CapacityDefinition {
  const jobs = [defineJob({ name: 'a', payload: z.any(), result: z.any() })];
  return definitionOf(defineQueue({ name: 'choosing', jobs, capacity: 10, events, ...(revision && { revision }) }));
}

describe('the choice of events', () => {
  test('has one owner, the one of the capacity: in a deployment and back', async ({ fleet }) => {
    const old = await fleet.run(choosing('all'));
    expect(await fleet.events()).toBeNull();
    const newer = await fleet.run(choosing('none'));
    expect(await fleet.events()).toBe('none');
    await old.renew();
    await fleet.run(choosing('all')); // an old process restarts
    expect(await fleet.events()).toBe('none');
    await fleet.run(choosing('ended'));
    await newer.renew();
    expect(await fleet.events()).toBe('ended');
    await fleet.run(choosing('all', 1));
    expect(await fleet.events()).toBeNull();
  });

  test('stands above operators and other builds, and is left alone by clients that make none', async ({ fleet }) => {
    const ours = await fleet.run(choosing('ended'));
    await fleet.client.hset(fleet.meta, metaFields.events, 'none');
    await ours.renew();
    expect(await fleet.events()).toBe('ended');
    await fleet.run(twenty); // such as a plain BullMQ queue on our backend
    expect(await fleet.events()).toBe('ended');
  });

  test('is the first of two that state one revision', async ({ fleet }) => {
    const first = await fleet.run(choosing('ended', 1));
    const second = await fleet.run(choosing('none', 1));
    await first.renew();
    await second.renew();
    expect(await fleet.events()).toBe('ended');
  });
});
