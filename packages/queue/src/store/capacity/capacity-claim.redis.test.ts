import { describe, expect } from 'vitest';
import { metaFields } from '../keys/meta-fields.ts';
import { capacityDefinition, guestDefinition } from './capacity-definition.ts';
import { fleetTest as test, GONE_MS, ten, twenty } from './testing/fleet-test.ts';

describe('of two definitions that state no revision', () => {
  for (const [before, after] of [
    [ten, twenty],
    [twenty, ten],
  ] as const) {
    test(`the one that connects last has its number enforced: ${before.capacity} → ${after.capacity}`, async ({
      fleet,
    }) => {
      await fleet.run(before);
      expect(await fleet.capacity()).toBe(before.capacity);
      await fleet.run(after);
      expect(await fleet.capacity()).toBe(after.capacity);
    });
  }

  test('the older one does not write back when its process restarts, nor while it runs', async ({ fleet }) => {
    const old = await fleet.run(ten);
    await fleet.run(twenty);
    await old.renew();
    await old.leave();
    const restarted = await fleet.run(ten);
    await restarted.renew();
    expect(await fleet.capacity()).toBe(20);
  });

  test('the older one does not write back while the only process of the newer one restarts', async ({ fleet }) => {
    const old = await fleet.run(ten);
    const only = await fleet.run(twenty);
    await only.leave();
    await old.renew();
    expect(await fleet.capacity()).toBe(20);
    await fleet.run(twenty);
    expect(await fleet.capacity()).toBe(20);
  });

  test('the older one does not write back with its first call, which it makes when the newer one is gone', async ({
    fleet,
  }) => {
    const old = await fleet.run(ten);
    const only = await fleet.run(twenty);
    await only.leave();
    await old.ensure();
    expect(old.isConnected).toBe(true);
    expect(await fleet.capacity()).toBe(20);
  });

  test('one that has left does not come back with a late call', async ({ fleet }) => {
    const old = await fleet.run(ten);
    const only = await fleet.run(twenty);
    await old.leave();
    await only.leave();
    await old.ensure();
    expect(await fleet.capacity()).toBe(20);
  });

  test('the older one counts again when it is deployed after the last of the newer ones is gone', async ({ fleet }) => {
    const old = await fleet.run(ten);
    const replaced = [await fleet.run(twenty), await fleet.run(twenty)];
    await old.leave();
    await replaced[0]?.leave();
    await fleet.run(ten);
    expect(await fleet.capacity()).toBe(20); // one of the newer is still there
    await replaced[1]?.leave();
    await fleet.run(ten);
    expect(await fleet.capacity()).toBe(10);
  });

  test('the older one counts again once the newer one was killed, and a late restart of that is older', async ({
    fleet,
  }) => {
    const old = await fleet.run(ten);
    await fleet.run(twenty);
    await fleet.pass(GONE_MS, [ten]);
    await old.renew();
    expect(await fleet.capacity()).toBe(10);
    await fleet.run(twenty);
    expect(await fleet.capacity()).toBe(10);
  });

  test('an outage in which no process was heard gives the older one nothing', async ({ fleet }) => {
    const [first, second] = [await fleet.run(ten), await fleet.run(ten)];
    const newer = await fleet.run(twenty);
    await fleet.pass(GONE_MS);
    await first.renew();
    await second.renew();
    expect(await fleet.capacity()).toBe(20);
    await newer.renew();
    await fleet.pass(GONE_MS, [ten, twenty]);
    await first.renew();
    expect(await fleet.capacity()).toBe(20);
  });

  test('a third, older one waits for the second when the newest is gone', async ({ fleet }) => {
    const thirty = capacityDefinition(30, null);
    const oldest = await fleet.run(ten);
    const second = await fleet.run(twenty);
    await fleet.run(thirty);
    await fleet.pass(GONE_MS, [ten, twenty]);
    await oldest.renew();
    expect(await fleet.capacity()).toBe(30);
    await second.renew();
    expect(await fleet.capacity()).toBe(20);
  });
});

describe('of definitions that state a revision', () => {
  const first = capacityDefinition(10, 1);
  const second = capacityDefinition(20, 2);

  test('the larger one counts, in any order of connects and disconnects', async ({ fleet }) => {
    const newer = await fleet.run(second);
    const older = await fleet.run(first);
    await newer.leave();
    await fleet.run(first);
    await fleet.pass(GONE_MS, [first]);
    await older.renew();
    expect(await fleet.capacity()).toBe(20);
    await fleet.run(capacityDefinition(10, 3)); // gone back on purpose
    expect(await fleet.capacity()).toBe(10);
  });

  test('any one stands above a definition without, until nobody runs it any more', async ({ fleet }) => {
    const stated = await fleet.run(first);
    await fleet.run(twenty);
    expect(await fleet.capacity()).toBe(10);
    await stated.leave();
    await fleet.run(twenty);
    expect(await fleet.capacity()).toBe(20);
  });

  test('two numbers under one revision are one bound all the same: the first', async ({ fleet }) => {
    await fleet.run(first);
    const other = await fleet.run(capacityDefinition(30, 1));
    await other.renew();
    expect(await fleet.capacity()).toBe(10);
  });

  test('large numbers and capacities lose no digit', async ({ fleet }) => {
    const largest = Number.MAX_SAFE_INTEGER;
    await fleet.run(capacityDefinition(largest - 1, largest - 1));
    await fleet.run(capacityDefinition(largest, largest));
    expect(await fleet.capacity()).toBe(largest);
  });
});

describe('a number of others', () => {
  test('that was set at run time stands above every definition, also one that comes later', async ({ fleet }) => {
    await fleet.run(ten);
    await fleet.client.hset(fleet.meta, metaFields.capacity, 5, metaFields.capacityBy, `${Date.now()} set`);
    await fleet.run(twenty);
    await fleet.run(capacityDefinition(30, 1));
    expect(await fleet.capacity()).toBe(5);
  });

  test('that an earlier version has set counts as set at run time, and what it cleared is written back', async ({
    fleet,
  }) => {
    const client = await fleet.run(ten);
    await fleet.client.hset(fleet.meta, metaFields.capacity, 5);
    await fleet.run(twenty);
    expect(await fleet.capacity()).toBe(5);
    await fleet.client.hdel(fleet.meta, metaFields.capacity);
    await client.renew();
    expect(await fleet.capacity()).toBe(20);
  });

  test('that a flow brings counts where the queue has none of its own', async ({ fleet }) => {
    await fleet.run(guestDefinition(twenty));
    expect(await fleet.capacity()).toBe(20);
    await fleet.run(ten);
    await fleet.run(guestDefinition(capacityDefinition(30, null)));
    await fleet.pass(GONE_MS, [guestDefinition(twenty)]);
    await (await fleet.run(guestDefinition(twenty))).renew();
    expect(await fleet.capacity()).toBe(10);
  });
});

describe('a queue that was emptied', () => {
  test('is left alone by the clients that are there, and started again by the next one', async ({ fleet }) => {
    const there = await fleet.run(ten);
    await fleet.client.del(fleet.meta);
    await there.renew();
    expect(await fleet.client.exists(fleet.meta)).toBe(0);
    await fleet.run(twenty);
    expect(await fleet.capacity()).toBe(20);
  });

  test('gets back the newest definition, in any order of reports', async ({ fleet }) => {
    const old = await fleet.run(ten);
    const newer = await fleet.run(twenty);
    for (const order of [
      [old, newer],
      [newer, old],
    ]) {
      await fleet.client.del(fleet.meta);
      await fleet.client.hset(fleet.meta, 'version', 'bullmq');
      for (const client of order) await client.renew();
      expect(await fleet.capacity()).toBe(20);
    }
  });
});
