import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Delivery } from '../job/delivery.ts';
import { poolDefaults } from '../job/pool-defaults.ts';
import { CallSize } from './call-size.ts';
import { aDelivery } from './testing/fake-lease-store.ts';

const { callMaxJobs: large, smallCallMaxJobs: small } = poolDefaults;

const deliveries = (count: number): Delivery[] => Array.from({ length: count }, (_, n) => aDelivery({ id: `j${n}` }));

it('is small from a fifth of the slots on', async () => {
  const [size, held] = [new CallSize(), deliveries(20)];
  size.start(held);
  await turn();
  expect([size.mostFor(100), size.mostFor(101)]).toEqual([small, large]);
  size.end(held[0] as Delivery);
  size.end(held[0] as Delivery);
  expect([size.mostFor(95), size.mostFor(100)]).toEqual([small, large]);
});

it('counts only handlers that outlast the turn of the event loop in which they start', async () => {
  const [size, held] = [new CallSize(), deliveries(20)];
  size.start(held);
  expect(size.mostFor(100)).toBe(large);
  size.end(held[0] as Delivery);
  await turn();
  expect([size.mostFor(95), size.mostFor(100)]).toEqual([small, large]);
});
