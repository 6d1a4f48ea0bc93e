import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fastify, type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { consolePage } from './page.ts';

let folder: string;
let app: FastifyInstance;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-page-'));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), '<p>the page</p>');
  await writeFile(join(folder, 'assets/index-a1.js'), 'plain');
  await writeFile(join(folder, 'assets/index-a1.js.br'), 'compressed');
  await writeFile(join(folder, 'secret.txt'), 'secret');
  app = fastify();
  await app.register((scope) => consolePage(scope, folder), { prefix: '/jobs' });
});
afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true });
});

describe('the page of the console', () => {
  it('may load nothing from elsewhere, run nothing that is written into it, and be framed by nobody', async () => {
    const { statusCode, headers, body } = await app.inject('/jobs/');
    expect([statusCode, body]).toEqual([200, '<p>the page</p>']);
    expect(headers).toMatchObject({
      'content-security-policy': expect.stringMatching(/^default-src 'self';.*frame-ancestors 'none'/),
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-cache',
    });
    expect(headers['content-security-policy']).not.toContain('unsafe');
  });

  it('is asked for with a slash behind its path, whichever proxy is before it', async () => {
    const { statusCode, headers } = await app.inject('/jobs');
    expect([statusCode, headers.location]).toEqual([302, 'jobs/']);
  });

  it('has files that never change, compressed when they are wanted so', async () => {
    const plain = await app.inject('/jobs/assets/index-a1.js');
    expect([plain.body, plain.headers['cache-control']]).toEqual(['plain', 'public, max-age=31536000, immutable']);
    expect(plain.headers['content-security-policy']).toBeDefined();
    const small = await app.inject({ url: '/jobs/assets/index-a1.js', headers: { 'accept-encoding': 'br, gzip' } });
    expect([small.body, small.headers['content-encoding']]).toEqual(['compressed', 'br']);
  });

  it.each([
    '/jobs/assets/other.js',
    '/jobs/assets/..%2fsecret.txt',
    '/jobs/assets/%2e%2e/secret.txt',
    '/jobs/secret.txt',
  ])('has nothing else: %s', async (url) => {
    const { statusCode, body } = await app.inject(url);
    expect(statusCode).toBeGreaterThanOrEqual(400);
    expect(body).not.toContain('secret\n');
    expect(body).not.toBe('secret');
  });

  it('refuses to start where it is not built', async () => {
    const bare = fastify();
    await expect(bare.register((scope) => consolePage(scope, join(folder, 'assets')))).rejects.toThrow('pnpm build');
  });
});
