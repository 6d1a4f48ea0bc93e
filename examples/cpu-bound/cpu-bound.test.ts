import { expect, it } from 'vitest';
import { runExample } from '../run-example.ts';

it('cpu-bound: a handler in a thread, ended for real when it does not stop', { timeout: 70_000 }, async () => {
  expect(await runExample('examples/cpu-bound/cpu-bound.ts')).toEqual([
    '9592 primes up to 100,000',
    'dead: Timeout after 1 second',
    'a thread was ended: its handler did not look at the signal',
    'dead: Timeout after 1 second',
    'the main loop turned all the time',
  ]);
});
