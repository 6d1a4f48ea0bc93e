import { connect, createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalRedis, type LocalRedis } from '@sluice/local-redis';
import {
  connectProducer,
  createWorkerPool,
  defineHandler,
  defineJob,
  defineQueue,
  inThread,
  type Producer,
} from '@sluice/queue';
import { loadApp } from '@sluice/service';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';

const root = new URL('../../', import.meta.url);
const page = await readFile(new URL('docs/troubleshooting.md', root), 'utf8');
const headings = [...page.matchAll(/^### `(.*)`$/gm)].map(([, heading = '']) => heading);

const sendEmail = defineJob({
  name: 'email.send',
  payload: z.object({ to: z.email() }),
  result: z.object({ sent: z.boolean() }),
  timeoutMs: 50,
  graceMs: 0,
  retry: { attempts: 2, backoff: { delayMs: 0 } },
});
const anything = defineJob({ name: 'anything', payload: z.any(), result: z.any() });
const emails = defineQueue({ name: 'emails', jobs: [sendEmail, anything], capacity: 20 });
const never = defineQueue({ name: 'never', jobs: [sendEmail], capacity: 1 });
const other = defineJob({ name: 'other', payload: z.any(), result: z.any() });

/** What a newer program puts into the same queue. */
const newerEmails = defineQueue({ name: 'emails', jobs: [other], capacity: 20 });

/** What plain JavaScript may write. */
const plain = { connectProducer, createWorkerPool, defineJob, defineQueue } as unknown as Record<
  'connectProducer' | 'createWorkerPool' | 'defineJob' | 'defineQueue',
  (...args: unknown[]) => unknown
>;
const handlers = {
  'email.send': defineHandler(sendEmail, ({ payload }) =>
    payload.to.startsWith('hang')
      ? new Promise<never>(() => undefined)
      : ({ sent: 'yes' } as unknown as { sent: true }),
  ),
  anything: defineHandler(anything, () => 1),
};

let redis: LocalRedis;
let producer: Producer<typeof emails>;
let free: Producer<typeof never>;
beforeAll(async () => {
  redis = await startLocalRedis();
  const admin = new Redis({ path: socketOf(), maxRetriesPerRequest: 0 });
  await admin.acl('SETUSER', 'limited', 'on', '>right', '~other:*', '+@all');
  admin.disconnect();
  producer = await connectProducer(emails, { redis: redis.url });
  free = await connectProducer(never, { redis: redis.url });
});
afterAll(async () => {
  await Promise.all([producer.close(), free.close()]);
  await redis.stop();
});

const socketOf = (): string => redis.url.slice('unix://'.length);
const connectTo = (address: unknown, options = {}): unknown =>
  plain.connectProducer(emails, { redis: address, unavailableMs: 300, ...options });
const put = (payload: unknown, options = {}): unknown => producer.put(anything, payload, options);
const pool = (registry: unknown): unknown =>
  plain.createWorkerPool(emails, registry, { redis: redis.url, concurrency: 1 });

/** A server that is no Redis of ours, and ends with the test. */
async function serve(onConnection: (socket: Socket) => void): Promise<string> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    onConnection(socket);
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const address = server.address();
  return `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

/** A pool at work while something is awaited. */
async function whileServed<T>(act: () => Promise<T>): Promise<T> {
  await using served = createWorkerPool(emails, handlers, { redis: redis.url, concurrency: 1 });
  await served.start();
  return await act();
}

/** The process warnings while something runs. */
async function warningOf(act: (warned: Promise<Error>) => Promise<unknown>): Promise<never> {
  const { promise, resolve } = Promise.withResolvers<Error>();
  process.once('warning', resolve);
  await act(promise);
  throw await promise;
}

async function configured(settings: Record<string, string>, act: () => Promise<unknown>): Promise<void> {
  const admin = new Redis({ path: socketOf(), maxRetriesPerRequest: 0 });
  try {
    await admin.call('CONFIG', 'SET', ...Object.entries(settings).flat());
    await act();
  } finally {
    await admin.call('CONFIG', 'SET', 'maxmemory-policy', 'noeviction', 'maxmemory', '0', 'requirepass', '');
    admin.disconnect();
  }
}

/** The mistakes, by the first words of their headings. What each throws, or its warning, is the message. */
const mistakes: Record<string, () => unknown> = {
  'Redis at <host> does not answer: connect ECONNREFUSED': () => connectTo('redis://127.0.0.1:1'),
  'Redis at <host> does not answer: getaddrinfo': () => connectTo('redis://no-such-host.invalid:6379'),
  'Redis at <host> cannot be connected to: WRONGPASS': () => connectTo(`unix://limited:wrong@${socketOf()}`),
  'Redis at <host> cannot be connected to: NOAUTH': () =>
    configured({ requirepass: 'right' }, async () => connectTo(redis.url)),
  'Redis at <host> cannot be connected to: NOPERM': () => connectTo(`unix://limited:right@${socketOf()}`),
  'Redis at <host> cannot be connected to: no TLS': async () =>
    connectTo(`rediss://${await serve((socket) => socket.on('data', () => socket.end('-ERR Protocol error\r\n')))}`),
  'Redis at <host> does not answer: <fault>; does it want TLS': async () =>
    connectTo(`redis://${await serve((socket) => socket.destroy())}`),
  'Redis at <host> cannot be connected to: what answers': async () =>
    connectTo(`redis://${await serve((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))}`),
  'redis must be an address': () => connectTo(process.env['SURELY_NOT_SET']),
  'redis: the address must be a URL': () => connectTo('localhost:6379'),
  'redis.<option> cannot be used': () => connectTo({ host: 'localhost', keyPrefix: 'mine:' }),
  'redis: this client is not one': () => connectTo({ duplicate: () => undefined }),
  'Redis at <host> is version': async () =>
    connectTo(
      `redis://${await serve((socket) => {
        const real = connect(socketOf());
        real.on('error', () => undefined);
        socket.on('close', () => real.destroy());
        socket.pipe(real);
        real.on('data', (data) => socket.write(data.toString('latin1').replace(/(redis_version:)\d/, '$16'), 'latin1'));
      })}`,
    ),
  'Redis may evict jobs': () =>
    warningOf(() =>
      configured({ 'maxmemory-policy': 'allkeys-lru' }, async () => {
        await (await connectProducer(emails, { redis: redis.url })).close();
      }),
    ),
  '<call>: the first argument must be a queue': () => plain.connectProducer('emails', { redis: redis.url }),
  '<call>: <option> is no option here': () => plain.connectProducer(emails, { connection: redis.url }),
  'queue <queue>: capacity': () => plain.defineQueue({ name: 'a', jobs: [sendEmail], capacity: '5' }),
  'queue <queue>: name': () => plain.defineQueue({ name: 'my emails', jobs: [sendEmail], capacity: 5 }),
  'queue <queue>: jobs must not': () => plain.defineQueue({ name: 'a', jobs: [sendEmail, sendEmail], capacity: 5 }),
  'job <job>: timeoutMs': () => plain.defineJob({ name: 'a', payload: z.any(), result: z.any(), timeoutMs: '5s' }),
  'job <job>: payload must be a schema': () =>
    plain.defineJob({ name: 'a', payload: { to: z.email() }, result: z.any() }),
  'payload of <job> is invalid: <path>: <problem>': () => producer.put(sendEmail, { to: 'nobody' }),
  'payload of <job> is invalid: <path>: a Date': () => put({ at: new Date() }),
  'payload of <job> is invalid: <path>: a bigint': () => put({ id: 1n }),
  'payload of <job> is invalid: <path>: refers back': () => {
    const self: { me?: unknown } = {};
    self.me = { back: self };
    return put(self);
  },
  'payload has at least': () => put('x'.repeat(300_000)),
  'queue <queue> knows no job': () => producer.put(other as unknown as typeof anything, 1),
  'put: the first argument': () => producer.put('email.send' as unknown as typeof anything, 1),
  'queue <queue> is full (<depth> of <capacity>, capacity)': async () => {
    await free.put(sendEmail, { to: 'a@b.org' });
    await free.put(sendEmail, { to: 'a@b.org' }, { waitMs: 1_000 });
  },
  'queue <queue> is full (<depth> of <capacity>, memory)': () =>
    configured({ maxmemory: '1mb' }, async () => put(1, { waitMs: 50 })),
  'job <id> in <queue> exists': async () => {
    await put(1, { id: 'one' });
    await put(2, { id: 'one' });
  },
  'queue <queue> is closed': async () => {
    const closed = await connectProducer(emails, { redis: redis.url });
    await closed.close();
    await closed.put(anything, 1);
  },
  'producer.put is not a function': async () => {
    const producer = connectProducer(emails, { redis: redis.url }) as unknown as { put(): unknown };
    onTestFinished(async () => (await (producer as unknown as Promise<{ close(): Promise<void> }>)).close());
    producer.put();
  },
  'handlers of queue <queue>: no handler': () => pool({ anything: handlers.anything }),
  'handlers of queue <queue>: the queue has no job': () => pool({ ...handlers, other: defineHandler(other, () => 1) }),
  'handlers of queue <queue>: the handler under': () => pool({ ...handlers, anything: () => 1 }),
  'handlers of queue <queue>: they must be': () => pool(handlers.anything),
  'job <id> has no result after <ms> ms: it still waits': async () =>
    producer.result(await producer.put(anything, 3), { waitMs: 1_000 }),
  'job <id> has no result after <ms> ms: it is to run again': () =>
    whileServed(async () => {
      await using from = await connectProducer(newerEmails, { redis: redis.url });
      const receipt = await from.put(other, 1);
      await expect.poll(async () => (await from.find(receipt.id))?.startedAt).toBeTruthy();
      await from.result(receipt, { waitMs: 300 });
    }),
  'jobs of this name': () =>
    warningOf(async (warned) => {
      const older = defineQueue({ name: 'renewed', jobs: [anything], capacity: 5 });
      const newer = defineQueue({ name: 'renewed', jobs: [other], capacity: 5 });
      await using from = await connectProducer(newer, { redis: redis.url });
      await from.put(other, 2);
      const { anything: handler } = handlers;
      await using old = createWorkerPool(older, { anything: handler }, { redis: redis.url, concurrency: 1 });
      await old.start();
      await warned;
    }),
  'job <id> failed after <attempts>: Timeout': () =>
    whileServed(async () => producer.result(await producer.put(sendEmail, { to: 'hang@b.org' }))),
  'job <id> failed after <attempts>: result of': () =>
    whileServed(async () => producer.result(await producer.put(sendEmail, { to: 'a@b.org' }))),
  'the result of job': () => producer.result('never-put'),
  'thread of <job>: there is no file': () =>
    createWorkerPool(
      emails,
      { ...handlers, anything: inThread(anything, new URL('file:///nowhere/handler.ts')) },
      { redis: redis.url, concurrency: 1 },
    ).start(),
  '<where> <name>: there is no file': () => appOf(''),
  '<where> <name>: it has no default export': () => appOf('export const app = {};'),
  '<where> <name>: its default export is no app': () => appOf('export default {};'),
  'it has been stopped': async () => {
    const stopped = createWorkerPool(emails, handlers, { redis: redis.url, concurrency: 1 });
    await stopped.stop();
    await stopped.start();
  },
  'the pool alone': () =>
    warningOf(async () => {
      createWorkerPool(
        defineQueue({ name: 'small', jobs: [anything], capacity: 1 }),
        { anything: handlers.anything },
        { redis: redis.url, concurrency: 2 },
      );
    }),
};

/** Loads an app module of this text, or one that is not there. */
async function appOf(text: string): Promise<unknown> {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-app-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  const file = join(dir, 'app.ts');
  if (text !== '') await writeFile(file, text);
  return loadApp(file);
}

/** Those that take a cluster, another BullMQ, an installed package or a busy machine: the text is looked for in the source. */
const inSource: Record<string, string> = {
  'on Redis Cluster': 'packages/queue/src/store/admission/admission-refusal.ts',
  'BullMQ <version> is not one': 'packages/queue/src/store/backend/tested-bullmq.ts',
  'the bullmq that is installed': 'packages/queue/src/store/bullmq.ts',
  '<where> <name>: Node runs no TypeScript': 'packages/service/src/app/explain-import-error.ts',
  'the event loop was blocked': 'packages/queue/src/pool/pool-log.ts',
};

const headingOf = (start: string): string => headings.find((heading) => heading.startsWith(start)) ?? start;

/** What stands in angle brackets differs; problems of the configuration have a head line, a warning ends with what it is about. */
function patternOf(heading: string): RegExp {
  const parts = heading.split(/<\w+>/).map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(String.raw`^(configuration is invalid:\s*- )?${parts.join('.*')}( \(.*\))?$`, 's');
}

async function messageOf(mistake: () => unknown): Promise<string> {
  try {
    await mistake();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return expect.unreachable('the mistake was not noticed');
}

describe('docs/troubleshooting.md', () => {
  it('has a heading for each mistake that is made here, and no other', () => {
    const made = [...Object.keys(mistakes), ...Object.keys(inSource)].map(headingOf);
    expect(made.toSorted()).toEqual(headings.toSorted());
  });

  it.each(Object.entries(mistakes))(
    'knows what is said of a mistake: %s',
    { timeout: 60_000 },
    async (start, mistake) => {
      expect(await messageOf(mistake)).toMatch(patternOf(headingOf(start)));
    },
  );

  it.each(Object.entries(inSource))('has the words of the source: %s', async (start, path) => {
    const source = await readFile(new URL(path, root), 'utf8');
    for (const part of headingOf(start).split(/<\w+>(?:: )?/)) expect(source).toContain(part.trim());
  });
});
