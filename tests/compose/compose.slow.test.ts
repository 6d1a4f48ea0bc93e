import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ComposeProject } from './compose-project.ts';
import { whyNoCompose } from './find-engine.ts';

const reason = await whyNoCompose(process.env);
if (reason !== null) console.error(`${reason}: the images and docker-compose.yml are not tried`);

const JOBS = 40;
const BUILD_MS = 400_000;

interface JobState {
  state: string;
  result?: { ok: boolean; status: number };
}

/** Puts a job that fetches the producer's own health page, from inside the network. */
async function put(base: string, id: string): Promise<number> {
  const answer = await fetch(`${base}/v1/queues/fetches/jobs`, {
    method: 'POST',
    body: JSON.stringify({ job: 'http.fetch', payload: { url: 'http://producer:8080/livez' }, id }),
    headers: { 'content-type': 'application/json', prefer: 'wait=30' },
  });
  return answer.status;
}

async function find(base: string, id: string, queue = 'fetches'): Promise<JobState> {
  return (await (await fetch(`${base}/v1/queues/${queue}/jobs/${id}`)).json()) as JobState;
}

/** Puts a job into a queue that has one kind, and gives its id. */
async function putInto(base: string, queue: string, payload: object): Promise<string> {
  const answer = await fetch(`${base}/v1/queues/${queue}/jobs`, {
    method: 'POST',
    body: JSON.stringify({ payload }),
    headers: { 'content-type': 'application/json' },
  });
  expect(answer.status).toBe(202);
  return ((await answer.json()) as { id: string }).id;
}

async function untilReady(base: string): Promise<void> {
  await vi.waitFor(async () => expect((await fetch(`${base}/readyz`)).status).toBe(200), {
    timeout: 60_000,
    interval: 250,
  });
}

describe.skipIf(reason !== null)('the compose file', () => {
  const project = new ComposeProject({ SLUICE_ALLOW_PRIVATE: 'true', SLUICE_CAPACITY: '10' });
  const ids = Array.from({ length: JOBS }, (_, index) => `job-${index}`);
  let base = '';

  beforeAll(async () => {
    await project.compose('build');
    await project.compose('up', '--detach', '--scale', 'worker=2');
    base = await project.address('producer', 8080);
    await untilReady(base);
  }, BUILD_MS);
  afterAll(() => project[Symbol.asyncDispose]());

  test('runs jobs that came over HTTP, more than the queue holds at once', async () => {
    expect(await Promise.all(ids.map((id) => put(base, id)))).toEqual(ids.map(() => 202));
    const fetched = { state: 'completed', result: { ok: true, status: 200 } };
    for (const id of ids) await expect.poll(() => find(base, id), { timeout: 60_000 }).toMatchObject(fetched);
  });

  test('keeps the password out of every command line', async () => {
    expect(await project.inspect('{{.Path}} {{.Args}} {{.Config.Healthcheck}}')).not.toContain(project.password);
  });

  test('publishes the HTTP API on this machine alone, and Redis nowhere', async () => {
    const hosts = await project.inspect('{{range .NetworkSettings.Ports}}{{range .}}{{.HostIp}}{{end}}{{end}}');
    expect(hosts.filter((host) => host !== '')).toEqual(['127.0.0.1']);
    const stranger = await project.compose('exec', '-T', '-e', 'REDISCLI_AUTH=', 'redis', 'redis-cli', 'ping');
    expect(stranger).toContain('NOAUTH');
  });

  test('runs nothing as root', async () => {
    expect((await project.inspect('{{.Config.User}}')).toSorted()).toEqual(['node', 'node', 'node', 'redis']);
  });

  test('stops in good order', async () => {
    await project.compose('stop');
    const ends = await project.inspect('{{.State.Status}} {{.State.ExitCode}}');
    expect(ends).toEqual(Array.from({ length: 4 }, () => 'exited 0'));
  });

  test('knows its jobs after a restart', async () => {
    await project.compose('start');
    base = await project.address('producer', 8080);
    await untilReady(base);
    expect(await find(base, 'job-0')).toMatchObject({ state: 'completed' });
    expect(await put(base, 'job-0')).toBe(200);
  });

  test(
    'runs an app of one’s own with workers for each queue, in images derived from these',
    { timeout: 180_000 },
    async () => {
      project.extendWith('examples/app-module/compose.yml');
      await project.compose('build');
      await project.compose('up', '--detach');
      base = await project.address('producer', 8080);
      await untilReady(base);
      const email = await putInto(base, 'emails', { to: 'ada@example.com', subject: 'Hello' });
      const report = await putInto(base, 'reports', { day: '2026-11-27' });
      await expect.poll(() => find(base, email, 'emails'), { timeout: 60_000 }).toMatchObject({ state: 'completed' });
      const built = { state: 'completed', result: { orders: 12 } };
      await expect.poll(() => find(base, report, 'reports'), { timeout: 60_000 }).toMatchObject(built);
      const logs = await Promise.all(['worker', 'reports-worker'].map((service) => project.compose('logs', service)));
      expect(logs.map((log) => log.includes('database opened'))).toEqual([false, true]);
      expect(await project.compose('exec', '-T', 'reports-worker', 'ask-livez', 'SLUICE_HEALTH_PORT')).toBeDefined();
    },
  );
});
