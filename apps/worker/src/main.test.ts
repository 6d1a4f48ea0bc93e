import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { startRawSite } from './testing/test-site.ts';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));

/** Runs the program to its end. */
async function runMain(env: Record<string, string>): Promise<{ code: unknown; out: string; err: string }> {
  const child = spawn(process.execPath, ['-C', '@sluice/source', main], {
    env: { NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code, out, err };
}

describe('the worker program', () => {
  it('ends with 2 and names every problem when it is not configured', async () => {
    const { code, out, err } = await runMain({ SLUICE_CONCURRENCY: 'many' });
    expect(code).toBe(2);
    expect(err).toMatch(/REDIS_URL is not set/);
    expect(err).toMatch(/SLUICE_CONCURRENCY must be/);
    expect(out).toBe('');
  });

  it.each(['redis://:%zz@h', 'redis://%zz', 'redis://h/?keyPrefix=s3cret', 'redis://h/abc', 'unix:///%zz'])(
    'ends with 2 and names the variable, without a stack, for the address %s',
    async (address) => {
      const { code, err } = await runMain({ REDIS_URL: address });
      expect(code).toBe(2);
      expect(err).toMatch(/REDIS_URL (cannot|may|must)/);
      expect(err).not.toMatch(/s3cret|^\s+at /m);
    },
  );

  it.each([
    ['rediss://h', '/nowhere/ca.pem', 'cannot be read'],
    ['rediss://h', main, 'holds no certificate'],
  ])('ends with 2 when the authority of Redis is wrong: %s, %s', async (url, file, problem) => {
    const { code, err } = await runMain({ REDIS_URL: url, SLUICE_REDIS_CA_FILE: file });
    expect([code, err]).toEqual([2, expect.stringContaining(problem)]);
    expect(err).not.toMatch(/^\s+at /m);
  });

  it('ends with 3 and one line when Redis is away, and shows its password nowhere', async () => {
    const { origin } = await startRawSite(() => {}).then(async (site) => {
      await site[Symbol.asyncDispose]();
      return site;
    });
    const { host } = new URL(origin);
    const { code, out, err } = await runMain({ REDIS_URL: `redis://user:hunter2@${host}` });
    expect(code).toBe(3);
    expect(err).toMatch(/^worker: Redis at .*\n$/);
    expect(err).toContain(host);
    expect(out + err).not.toContain('hunter2');
    expect(out).toContain('"msg":"starting"');
  });
});
