import { expect, it } from 'vitest';
import { runExample } from '../run-example.ts';

it('websocket-gateway: pauses its sockets while the queue is full', { timeout: 70_000 }, async () => {
  expect(await runExample('examples/websocket-gateway/websocket-gateway.ts')).toEqual([
    '600 messages became jobs, at most 10 at once; sockets were paused: true',
  ]);
});
