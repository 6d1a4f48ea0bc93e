import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { startLocalRedis } from '@sluice/local-redis';
import { connectClient } from '@sluice/testing';
import { describe, expect, it } from 'vitest';
import { startPageSite } from './page-site.ts';
import { stillRunning } from './process-tree.ts';
import { RunFolder, upTo, type ResultOfRun } from './run-folder.ts';
import { sluice, SluiceCommand } from './sluice-command.ts';

const soon = { interval: 20 };

const parse = (stdout: string): ResultOfRun[] =>
  stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as ResultOfRun)
    .sort((a, b) => a.line - b.line);

describe('sluice run', () => {
  it('reads standard input, writes standard output, and says that it cannot be resumed', async () => {
    await using site = await startPageSite();
    const command = new SluiceCommand(['run', '-', '--allow-private', '--quiet', '--body', 'text']);
    command.child.stdin.write(`\uFEFF# pages\r\n${site.origin}/a\r\n`);
    // Results come while the input is still open.
    await expect.poll(() => command.stdout, soon).toContain('"line":2');
    command.child.stdin.end(`\r\nftp://me:s3cret@host/\r\nhttp://me:s3cret@${site.origin.slice(7)}/missing`);
    const end = await command.ended;
    expect(end.exitCode).toBe(1);
    expect(parse(end.stdout)).toMatchObject([
      { line: 2, url: `${site.origin}/a`, ok: true, status: 200, body: 'page /a', error: null },
      {
        line: 4,
        url: 'ftp://host/',
        ok: false,
        error: { code: 'BAD_URL', message: 'line 4: not an http or https URL' },
      },
      { line: 5, url: `${site.origin}/missing`, ok: false, status: 404 },
    ]);
    expect(end.stdout + end.stderr).not.toContain('s3cret');
    expect(end.stderr).toBe(
      'this run cannot be resumed, because standard input can be read only once; with files for both it could\n',
    );
  });

  it('ends quietly when the reader of its results leaves', async () => {
    await using site = await startPageSite();
    await using folder = await RunFolder.make(upTo(200).map((n) => `${site.origin}/slow/${n}`));
    const command = new SluiceCommand(['run', folder.input, '--allow-private', '--quiet']);
    await once(command.child.stdout, 'data');
    const started = command.processes();
    command.child.stdout.destroy();
    const end = await command.ended;
    expect(end.exitCode).toBe(141);
    expect(end.stderr).toBe('this run cannot be resumed, because results go to a pipe; with -o FILE it could\n');
    await expect.poll(() => stillRunning(started)).toEqual([]);
  });

  it('leaves no key in a Redis that it was given', async () => {
    await using site = await startPageSite();
    await using redis = await startLocalRedis();
    await using folder = await RunFolder.make([`${site.origin}/a`, `${site.origin}/hang`]);
    const args = ['run', folder.input, '-o', folder.out, '--allow-private', '--redis', redis.url, '--attempts', '1'];
    const killed = new SluiceCommand([...args, '--timeout', '30s']);
    await expect.poll(() => site.hits.size, soon).toBe(2);
    await killed.kill9();
    const client = await connectClient(redis.url);
    expect(await client.dbsize()).toBeGreaterThan(0);

    expect(await sluice(...args, '--timeout', '1s')).toMatchObject({ exitCode: 2 });
    const end = await sluice(...args, '--timeout', '1s', '--restart');
    expect(end).toMatchObject({ exitCode: 1 });
    expect(await folder.results()).toMatchObject([{ ok: true }, { error: { code: 'TIMEOUT' } }]);
    // The killed run's workers must be gone for good before the keys are counted.
    await expect.poll(() => client.client('LIST').then((list) => String(list).trim().split('\n').length), soon).toBe(1);
    // Signs of life of single processes are left to end by themselves.
    await expect.poll(() => client.keys('*'), { interval: 200 }).toEqual([]);
    client.disconnect();
  });

  it('says by its exit code what went wrong', async () => {
    await using folder = await RunFolder.make(['http://127.0.0.1:1/']);
    const file = (...more: string[]): ReturnType<typeof sluice> =>
      sluice('run', folder.input, '-o', folder.out, ...more);
    const [noRedis, badNumber, noFile, badRedis] = await Promise.all([
      file('--redis', 'redis://:s3cret@127.0.0.1:1'),
      file('--workers', '0'),
      sluice('run', '/no/such/file', '-o', folder.out),
      file('--redis', 'localhost'),
    ]);
    expect(noRedis).toMatchObject({ exitCode: 3 });
    expect(noRedis.stderr).toMatch(/^sluice: .*127\.0\.0\.1:1.*\nWhat was fetched is kept\. To go on:\n/);
    expect(noRedis.stderr).not.toContain('s3cret');
    expect([badNumber, noFile, badRedis].map(({ exitCode }) => exitCode)).toEqual([2, 2, 2]);

    const blocked = await file('--redis', 'redis://:s3cret@127.0.0.1:1', '--timeout', '1s');
    expect(blocked).toMatchObject({ exitCode: 2 });
    expect(blocked.stderr).toContain('--timeout: 30s then, 1s now');
    await writeFile(`${folder.out}.other`, 'dear diary\n');
    expect(await sluice('run', folder.input, '-o', `${folder.out}.other`)).toMatchObject({ exitCode: 2 });
  });
});
