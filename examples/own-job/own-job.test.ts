import { expect, it } from 'vitest';
import { runExample } from '../run-example.ts';

it('own-job: a whole job, from its contract to its result', { timeout: 70_000 }, async () => {
  expect(await runExample('examples/own-job/own-job.ts')).toEqual(['6 words; depth 1 of 100']);
});
