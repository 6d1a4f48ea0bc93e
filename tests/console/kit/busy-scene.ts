import { createWorkerPool, defineHandler, flow, type WorkerPool } from '@sluice/queue';
import { Redis } from 'ioredis';
import { emailQueue, send, startConsole } from './console-fixture.ts';

/** A console over queues that are in all kinds of states, for those who look at its pages. */
export interface BusyScene extends AsyncDisposable {
  readonly url: string;
  /** Ends the jobs that run. */
  readonly release: () => void;
}

const HOUR_MS = 3_600_000;

/** `emails` works, `invoices` is full and has waiters, `reports` is sealed, `archive` is at rest. */
export async function startBusyScene(redis: string, prefix: string): Promise<BusyScene> {
  const queues = [
    emailQueue('emails', prefix, 60),
    emailQueue('invoices', prefix, 5),
    emailQueue('reports', prefix, 100),
    emailQueue('archive', prefix, 1_000),
  ] as const;
  const console = await startConsole(redis, queues);
  const [emails, invoices, reports] = console.producers;
  if (!emails || !invoices || !reports) throw new Error('no producers');
  await writePast(redis, `${prefix}:{emails}:sluice:history:`);
  const leaving = new AbortController();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const handler = defineHandler(send, async ({ payload: { to } }) => {
    if (to.startsWith('slow')) await released;
    if (to.startsWith('bad')) throw new Error(`no such mailbox: ${to}`);
    return { accepted: true };
  });
  const pools: WorkerPool[] = [
    createWorkerPool(queues[0], { [send.name]: handler }, { redis, concurrency: 6, name: 'mailer-1' }),
    createWorkerPool(queues[2], { [send.name]: handler }, { redis, concurrency: 2, name: 'reporter' }),
  ];
  await Promise.all(pools.map((pool) => pool.start()));
  for (let at = 0; at < 24; at += 1) await emails.put(send, { to: `${at % 6 === 0 ? 'bad' : 'ok'}${at}` });
  await emails.join();
  const deadlines = [290_000, 60_000, 25_000];
  for (const [at, timeoutMs] of deadlines.entries())
    await emails.put(send, { to: `slow${at}`, text: 'Hello' }, { id: `order-${at}`, timeoutMs });
  for (let at = deadlines.length; at < 20; at += 1)
    await emails.put(send, { to: `slow${at}`, text: 'Hello' }, { id: `order-${at}` });
  for (let at = 0; at < 9; at += 1) await emails.put(send, { to: `later${at}` }, { delayMs: HOUR_MS });
  const children = ['pages-1', 'pages-2', 'pages-3'].map((id) => flow(send, { to: `slow-${id}` }, { id }));
  await emails.putFlow(flow(send, { to: 'ada@example.com' }, { id: 'bundle-4', children }));
  for (let at = 0; at < 5; at += 1) await invoices.put(send, { to: `${at}` });
  const waiting = Array.from({ length: 12 }, (_, at) =>
    invoices.put(send, { to: `w${at}` }, { signal: leaving.signal, waitMs: 600_000 }).catch(() => undefined),
  );
  for (let at = 0; at < 3; at += 1) await reports.put(send, { to: `slow${at}` });
  await fetch(`${console.url}v1/queues/reports/seal`, { method: 'POST' });
  return {
    url: console.url,
    release,
    async [Symbol.asyncDispose]() {
      release();
      leaving.abort();
      await Promise.all(waiting);
      await Promise.all(pools.map((pool) => pool.stop()));
      await console[Symbol.asyncDispose]();
    },
  };
}

/** An hour in which something happened, as pools and producers leave it: `<minute> <job>` is `<seven counts>|<waits>|<runs>`. */
async function writePast(url: string, start: string): Promise<void> {
  const client = new Redis(url);
  const now = Date.now();
  for (let ago = 58; ago > 2; ago -= 1) {
    const at = now - ago * 60_000;
    const hour = Math.floor(at / HOUR_MS);
    const put = Math.round(120 + 80 * Math.sin(ago / 7) + (ago % 5) * 6);
    const ended = Math.round(120 + 70 * Math.sin((ago + 2) / 7));
    const [waited, refused] = ago > 30 && ago < 40 ? [(40 - ago) * 3, ago % 3] : [0, 0];
    const counts = [put, waited, refused, ended, ended - (ago % 4), ago % 3, ago % 4].join(' ');
    const buckets = `${40 + (ago % 9)}:${ended - 5} ${56 + (ago % 12)}:5`;
    const field = `${Math.floor((at % HOUR_MS) / 60_000)} ${send.name}`;
    await client.hset(`${start}${hour}`, field, `${counts}|${buckets}|${buckets}`);
  }
  client.disconnect();
}
