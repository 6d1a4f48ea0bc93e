import { afterEach, expect, it } from 'vitest';
import type { Service } from '../job/served-queue.ts';
import { DeadlockGuard } from './deadlock-guard.ts';

const queueOf = (name: string) => ({ name, prefix: 'bull' });
const begun: DeadlockGuard[] = [];

function wait(from: string, to: string, service: Service = { queue: queueOf(from), isOver: false }): DeadlockGuard {
  const made = new DeadlockGuard(service, queueOf(to));
  begun.push(made);
  return made;
}

afterEach(() => {
  for (const made of begun.splice(0)) made.end();
});

it('refuses the wait that would close a circle, of one queue or of many', () => {
  expect(wait('a', 'a').begin()).toBe(false);
  expect(wait('a', 'b').begin()).toBe(true);
  expect(wait('b', 'c').begin()).toBe(true);
  expect(wait('a', 'c').begin()).toBe(true);
  expect(wait('c', 'a').begin()).toBe(false);
  expect(wait('c', 'd').begin()).toBe(true);
});

it('forgets a wait that is over, and one whose handler has returned', () => {
  const first = wait('a', 'b');
  first.begin();
  expect(wait('b', 'a').begin()).toBe(false);
  first.end();
  const service = { queue: queueOf('a'), isOver: false };
  expect(wait('a', 'b', service).begin()).toBe(true);
  service.isOver = true;
  expect(wait('b', 'a').begin()).toBe(true);
});

it('lets a wait go on that has begun', () => {
  const first = wait('a', 'b');
  expect([first.begin(), first.begin()]).toEqual([true, true]);
});
