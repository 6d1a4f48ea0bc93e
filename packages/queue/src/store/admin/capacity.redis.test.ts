import { describe, expect } from 'vitest';
import { DefinitionError, QueueFullError } from '../../job/errors/index.ts';
import { adminTest as test, putSteps, step } from './testing/admin-test.ts';

describe('setCapacity', () => {
  test('holds for every producer of the queue at once', async ({ kit, producer }) => {
    const other = await kit.connect();
    await producer.setCapacity(2);
    await putSteps(other, 1, 2);
    await expect(other.tryPut(step, { n: 3 })).rejects.toMatchObject({ depth: 2, capacity: 2, reason: 'capacity' });
    expect(await other.stats()).toMatchObject({ capacity: 2, depth: 2, over: 0 });
  });

  test('lets puts in that wait when it is raised', async ({ producer }) => {
    await putSteps(producer, 1, 3);
    const waiting = [producer.put(step, { n: 4 }), producer.put(step, { n: 5 })];
    await expect.poll(() => producer.stats()).toMatchObject({ waitingPuts: 2 });
    await producer.setCapacity(5);
    const receipts = await Promise.all(waiting);
    expect(receipts.at(-1)).toMatchObject({ status: 'created', capacity: 5, depth: 5 });
  });

  test('evicts no job when it is lowered, and says how many are above', async ({ kit, producer }) => {
    await putSteps(producer, 1, 3);
    await producer.setCapacity(1);
    expect(await producer.stats()).toMatchObject({ depth: 3, capacity: 1, over: 2, waiting: 3 });
    await expect(producer.tryPut(step, { n: 4 })).rejects.toThrow(QueueFullError);
    kit.work();
    await producer.join();
    expect(await producer.stats()).toMatchObject({ completed: 3, over: 0 });
    expect(await producer.tryPut(step, { n: 5 })).toMatchObject({ status: 'created', capacity: 1 });
  });

  test('goes back to what the definition says with null', async ({ producer }) => {
    await producer.setCapacity(1);
    await producer.setCapacity(null);
    expect(await producer.stats()).toMatchObject({ capacity: 3 });
    await putSteps(producer, 1, 3);
    await expect(producer.tryPut(step, { n: 4 })).rejects.toMatchObject({ capacity: 3 });
  });

  test('takes whole numbers from 1 and nothing else', async ({ producer }) => {
    for (const wrong of [0, -1, 1.5, NaN, Infinity, 2 ** 53]) {
      await expect(producer.setCapacity(wrong)).rejects.toThrow(DefinitionError);
    }
    expect(await producer.stats()).toMatchObject({ capacity: 3 });
  });

  test('is forgotten with the queue', async ({ producer }) => {
    await producer.setCapacity(1);
    await producer.obliterate();
    expect(await producer.stats()).toMatchObject({ capacity: 3, sealed: false });
  });
});
