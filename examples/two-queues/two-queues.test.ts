import { expect, it } from 'vitest';
import { runExample } from '../run-example.ts';

it('two queues that feed each other go on, however small they are', { timeout: 70_000 }, async () => {
  expect(await runExample('examples/two-queues/ping-pong.ts')).toEqual(['10 balls, 40 hits']);
});
