import { expect, it } from 'vitest';
import { runExample } from '../run-example.ts';

it('fence: an attempt that was given up cannot undo what its successor wrote', { timeout: 70_000 }, async () => {
  expect(await runExample('examples/fence/fence.ts')).toEqual([
    'attempt 2: written',
    'attempt 1: refused, somebody with a larger fencing token was here',
    'the job ended with attempt 2; stored: rendered by attempt 2',
  ]);
});
