import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { silentLogger } from '@sluice/queue/logging';
import { describe, expect, it } from 'vitest';
import { buildHealthServer, withHealthServer } from './health-server.ts';
import type { WorkerHealth } from './worker-health.ts';
import type { Worker } from './worker.ts';

const health = (fields: Partial<WorkerHealth>) => ({ live: true, ready: true, redis: 'up', ...fields }) as WorkerHealth;

describe('the health server', () => {
  it.each<[string, Partial<WorkerHealth>, number, number]>([
    ['works', {}, 200, 200],
    ['is not ready, but would not be helped by a restart', { ready: false, redis: 'away' }, 200, 503],
    ['is stuck', { ready: false, live: false }, 503, 503],
  ])('of a worker that %s', async (_, fields, live, ready) => {
    const app = buildHealthServer(() => health(fields), silentLogger());
    const [livez, readyz] = [await app.inject('/livez'), await app.inject('/readyz')];
    expect([livez.statusCode, readyz.statusCode]).toEqual([live, ready]);
    expect(readyz.json()).toMatchObject({ status: ready === 200 ? 'ok' : 'not ready', redis: fields.redis ?? 'up' });
    await app.close();
  });

  it('serves metrics where there are any', async () => {
    const metrics = { contentType: 'text/plain; version=0.0.4', text: async () => 'sluice_slots 4\n' };
    const app = buildHealthServer(() => health({}), silentLogger(), { metrics });
    const response = await app.inject('/metrics');
    expect([response.headers['content-type'], response.body]).toEqual([metrics.contentType, 'sluice_slots 4\n']);
    await app.close();
    const without = buildHealthServer(() => health({}), silentLogger());
    expect(await without.inject('/metrics')).toMatchObject({ statusCode: 404 });
    await without.close();
  });

  it('answers from before the start until after the end of its worker', async () => {
    const steps: string[] = [];
    const answers = async (): Promise<number> => (await fetch(`http://127.0.0.1:${port}/livez`)).status;
    let port = 0;
    const step = (name: string) => async () => {
      steps.push(`${name} ${await answers().catch(() => 'nothing')}`);
    };
    const worker: Worker = {
      state: 'new',
      health: () => health({}),
      start: step('start'),
      drain: step('drain'),
      stop: step('stop'),
    };
    const log = silentLogger();
    const free = buildHealthServer(() => health({}), log);
    port = Number(new URL(await free.listen({ host: '127.0.0.1', port: 0 })).port);
    await free.close();
    const served = withHealthServer(worker, { host: '127.0.0.1', port, log });
    await served.start();
    await served.drain();
    expect(steps).toEqual(['start 200', 'drain 200']);
    await expect(answers()).rejects.toThrow();
  });

  it('cuts off half a request in its time, and answers no flood of requests', async () => {
    const app = buildHealthServer(() => health({}), silentLogger(), { requestMs: 200 });
    const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
    const send = (bytes: string): { socket: Socket; text: () => string } => {
      const socket = connect(Number(port), '127.0.0.1', () => socket.write(bytes));
      const chunks: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => {});
      return { socket, text: () => String(Buffer.concat(chunks)) };
    };
    const half = send('GET /livez HTTP/1.1\r\nho');
    await once(half.socket, 'close');
    expect(half.text()).toMatch(/^HTTP\/1\.1 408 /);
    const flood = send('GET /livez HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(500));
    await expect.poll(() => flood.text().match(/HTTP\/1\.1 503 /g)?.length).toBe(400);
    expect(flood.text().match(/HTTP\/1\.1 200 /g)).toHaveLength(100);
    flood.socket.destroy();
    await app.close();
  });

  it('fails the start of a worker whose port is taken', async () => {
    const log = silentLogger();
    const first = buildHealthServer(() => health({}), log);
    const port = Number(new URL(await first.listen({ host: '127.0.0.1', port: 0 })).port);
    const done = (): Promise<void> => Promise.resolve();
    const worker: Worker = { state: 'new', health: () => health({}), start: done, drain: done, stop: done };
    const served = withHealthServer(worker, { host: '127.0.0.1', port, log });
    await expect(served.start()).rejects.toThrow('EADDRINUSE');
    await first.close();
  });
});
