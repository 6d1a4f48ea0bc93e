import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { startLocalRedis } from '@sluice/local-redis';
import { connectProducer, createWorkerPool, defineHandler, defineJob, defineQueue } from '@sluice/queue';
import { WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';

const save = defineJob({ name: 'message.save', payload: z.object({ text: z.string() }), result: z.void() });
const queue = defineQueue({ name: 'messages', jobs: [save], capacity: 10 });

await using redis = await startLocalRedis(); // or the URL of yours
await using producer = await connectProducer(queue, { redis: redis.url });
let pauses = 0;

/** Each message becomes a job; its sender gets the receipt. Waits while the queue is full. */
async function receive(socket: WebSocket, text: string): Promise<void> {
  const putting = producer.put(save, { text });
  const isFull = await Promise.race([putting.then(() => false), sleep(5, true)]);
  if (isFull) pauses += 1;
  const { id, depth } = await putting;
  socket.send(JSON.stringify({ id, depth }));
}

const gateway = new WebSocketServer({ host: '127.0.0.1', port: 0, maxPayload: 64 * 1024 });
gateway.on('connection', (socket) => {
  let held = 0;
  let last = Promise.resolve();
  // While messages wait for capacity their socket is not read: what the client sends meanwhile fills the buffers of TCP, and then the client
  // itself has to wait. So the gateway holds what one read of each socket has brought, however much the clients send.
  socket.on('message', (data: Buffer) => {
    held += 1;
    socket.pause();
    last = last
      .then(() => receive(socket, data.toString()))
      .then(() => {
        held -= 1;
        if (held === 0) socket.resume();
      });
    last.catch(() => socket.close(1011, 'the message could not be taken')); // its client may send it again elsewhere
  });
});
await once(gateway, 'listening');

// Two workers, which are slower than the clients.
const handler = defineHandler(save, () => sleep(4));
await using pool = createWorkerPool(queue, { 'message.save': handler }, { redis: redis.url, concurrency: 2 });
await pool.start();

/** A client that sends as fast as it can, and waits for all receipts. @returns the highest depth that one of them names */
async function chatter(messages: number): Promise<number> {
  const socket = new WebSocket(`ws://127.0.0.1:${(gateway.address() as AddressInfo).port}`);
  await once(socket, 'open');
  const { promise: done, resolve } = Promise.withResolvers<number>();
  let receipts = 0;
  let highest = 0;
  socket.on('message', (data: Buffer) => {
    const { depth } = JSON.parse(data.toString()) as { depth: number };
    highest = Math.max(highest, depth);
    receipts += 1;
    if (receipts === messages) resolve(highest);
  });
  for (let n = 0; n < messages; n += 1) socket.send(`message ${n} ${'.'.repeat(1_000)}`);
  const depth = await done;
  socket.close();
  return depth;
}

const highest = await Promise.all([chatter(200), chatter(200), chatter(200)]);
gateway.close();
console.log(`600 messages became jobs, at most ${Math.max(...highest)} at once; sockets were paused: ${pauses > 0}`);
