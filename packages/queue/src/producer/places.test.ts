import { expect, it } from 'vitest';
import { Places } from './places.ts';

const patient = new AbortController().signal;

it('lets in as many as there are places, and the others in their order', async () => {
  const places = new Places(1);
  await places.take(patient);
  const order: string[] = [];
  const second = places.take(patient).then(() => order.push('second'));
  const third = places.take(patient).then(() => order.push('third'));
  expect(order).toEqual([]);
  places.give();
  await second;
  places.give();
  await third;
  expect(order).toEqual(['second', 'third']);
});

it('lets who waits leave, and gives the place to the next one', async () => {
  const places = new Places(1);
  await places.take(patient);
  const leaving = new AbortController();
  const left = places.take(leaving.signal);
  const next = places.take(patient);
  leaving.abort(new Error('no time'));
  await expect(left).rejects.toThrow('no time');
  places.give();
  await next;
});
