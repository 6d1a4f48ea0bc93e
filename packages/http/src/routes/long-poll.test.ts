import type { FindOptions, JobSnapshot } from '@sluice/queue';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ServerOptions } from '../build-server.ts';
import { snapshotOf } from '../testing/scripted-producer.ts';
import { startServer, type StartedServer } from '../testing/started-server.ts';

const waiting = snapshotOf({});
const ended = snapshotOf({ state: 'completed', endedAt: 1 });

interface Waiting extends StartedServer {
  /** How long each long poll that the producer got was to wait. */
  readonly waits: FindOptions[];
  /** Ends them all. */
  end(): void;
  get(query?: string, init?: RequestInit): Promise<Response>;
}

/** A server whose jobs wait until they are ended, or their poll is called off. */
async function waitingJobs(options: Partial<ServerOptions> = {}): Promise<Waiting> {
  const server = await startServer(options);
  const waits: FindOptions[] = [];
  const over = Promise.withResolvers<void>();
  let now = waiting;
  server.producer.onFind = async (_, how) => {
    if (!how.waitMs) return now;
    waits.push(how);
    const off = Promise.withResolvers<void>();
    how.signal?.addEventListener('abort', () => off.resolve());
    return Promise.race([over.promise.then(() => now), off.promise.then(() => waiting)]);
  };
  const end = (): void => {
    now = ended;
    over.resolve();
  };
  const get: Waiting['get'] = (query = '?wait=60', init = {}) =>
    fetch(`${server.base}/v1/queues/fetches/jobs/a${query}`, init);
  return { ...server, waits, end, get };
}

describe('a long poll', () => {
  it('is answered when the job has ended', async () => {
    const api = await waitingJobs();
    const answer = api.get();
    await expect.poll(() => api.waits).toMatchObject([{ waitMs: 60_000 }]);
    api.end();
    expect(await (await answer).json()).toMatchObject({ queue: 'fetches', id: 'a', state: 'completed' });
  });

  it('waits as long as the query says, else as long as is preferred, at most 60 s', async () => {
    const api = await waitingJobs();
    const prefer = (seconds: number): RequestInit => ({ headers: { prefer: `wait=${seconds}` } });
    const answers = [api.get('?wait=7', prefer(20)), api.get('', prefer(20)), api.get('', prefer(999))];
    await expect
      .poll(() => api.waits.map(({ waitMs }) => waitMs).toSorted((a = 0, b = 0) => a - b))
      .toEqual([7_000, 20_000, 60_000]);
    api.end();
    const headers = (await Promise.all(answers)).map((answer) => answer.headers.get('preference-applied'));
    expect(headers).toEqual([null, 'wait=20', 'wait=60']);
    for (const query of ['?wait=61', '?wait=-1', '?wait=soon', '?wait=1.5', '?weit=1'])
      expect((await api.get(query)).status, query).toBe(422);
  });

  it('is looked up only when there is space for its answer', async () => {
    const api = await startServer({ answersMaxBytes: 2 ** 20 }); // half of them a client's: one answer
    const looks = [Promise.withResolvers<JobSnapshot>(), Promise.withResolvers<JobSnapshot>()];
    let looked = 0;
    api.producer.onFind = () => looks[looked++]?.promise ?? expect.unreachable();
    const get = (): Promise<Response> => fetch(`${api.base}/v1/queues/fetches/jobs/a`);
    const answers = [get(), get()];
    await expect.poll(() => looked).toBe(1);
    looks[0]?.resolve(ended);
    await expect.poll(() => looked).toBe(2);
    looks[1]?.resolve(ended);
    for (const answer of await Promise.all(answers)) expect(answer.status).toBe(200);
  });

  it('is none for a job that has ended, is not kept, or is asked for without a time', async () => {
    const api = await waitingJobs({ watchesMax: 1, watchesPerClient: 1 });
    const holds = api.get();
    await expect.poll(() => api.waits.length).toBe(1);
    expect((await api.get('')).status).toBe(200);
    expect((await api.get('?wait=0')).status).toBe(200);
    const find = api.producer.onFind;
    api.producer.onFind = async () => ended;
    expect((await api.get()).status).toBe(200);
    api.producer.onFind = async () => null;
    expect((await api.get()).status).toBe(404);
    api.producer.onFind = find;
    api.end();
    await holds;
  });

  it('does not count as a request that is worked on', async () => {
    const api = await waitingJobs({ requestsMax: 1 });
    const polls = [api.get(), api.get(), api.get()];
    await expect.poll(() => api.waits.length).toBe(3);
    expect((await api.get('')).status).toBe(200);
    api.end();
    expect((await Promise.all(polls)).map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  it('is refused when a client, or all, have as many as may be, until one gives its place back', async () => {
    for (const [limits, status, code] of [
      [{ watchesMax: 9, watchesPerClient: 2 }, 429, 'SLUICE_TOO_MANY_WATCHES'],
      [{ watchesMax: 2, watchesPerClient: 9 }, 503, 'SLUICE_OVERLOADED'],
    ] as const) {
      const api = await waitingJobs(limits);
      const leaving = new AbortController();
      onTestFinished(() => leaving.abort());
      const stays = api.get();
      const leaves = api.get('?wait=50', { signal: leaving.signal });
      await expect.poll(() => api.waits.length).toBe(2);
      const refused = await api.get();
      expect([refused.status, await refused.json()]).toMatchObject([status, { code }]);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      leaving.abort();
      await expect(leaves).rejects.toThrow('abort');
      await expect.poll(() => api.requests()).toContainEqual(expect.objectContaining({ status: 499 }));
      const next = api.get();
      await expect.poll(() => api.waits.length).toBe(3);
      api.end();
      expect([(await stays).status, (await next).status]).toEqual([200, 200]);
    }
  });

  it('takes no place for a client that is gone before it waits', async () => {
    const api = await waitingJobs({ watchesMax: 1 });
    const looked = Promise.withResolvers<void>();
    const find = api.producer.onFind;
    let looks = 0;
    api.producer.onFind = async (id, how) => {
      looks += 1;
      if (looks === 1) await looked.promise;
      return find(id, how);
    };
    const leaving = new AbortController();
    const gone = api.get('?wait=60', { signal: leaving.signal });
    await expect.poll(() => looks).toBe(1);
    leaving.abort();
    await expect(gone).rejects.toThrow('abort');
    await expect.poll(() => api.requests()).toMatchObject([{ status: 499 }]);
    looked.resolve();
    const next = api.get();
    await expect.poll(() => api.waits.length).toBe(1);
    api.end();
    expect((await next).status).toBe(200);
  });

  it('is answered with what is known when the service stops', async () => {
    const api = await waitingJobs();
    const answers = [api.get(), api.get()];
    await expect.poll(() => api.waits.length).toBe(2);
    const closed = api.app.close();
    for (const answer of await Promise.all(answers)) {
      expect([answer.status, answer.headers.get('connection')]).toEqual([200, 'close']);
      expect(await answer.json()).toMatchObject({ state: 'waiting' });
    }
    await closed;
  });
});
