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

async function find(base: string, id: string): Promise<JobState> {
  return (await (await fetch(`${base}/v1/queues/fetches/jobs/${id}`)).json()) as JobState;
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
});
