import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { DefinitionError } from '../../job/errors/index.ts';
import { redisWithCa } from './redis-with-ca.ts';

const PEM = '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n';

async function caFile(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-ca-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'ca.pem');
  await writeFile(path, text);
  return path;
}

it('gives the authority to the connections to Redis', async () => {
  const file = await caFile(PEM);
  expect(redisWithCa('rediss://ann:pw@h:7/2', file)).toEqual({
    host: 'h',
    port: 7,
    username: 'ann',
    password: 'pw',
    db: 2,
    tls: { ca: PEM },
  });
  expect(redisWithCa('rediss://a:1,rediss://b:2', file)).toMatchObject({
    cluster: [{ host: 'a' }, { host: 'b' }],
    options: { redisOptions: { tls: { ca: PEM } } },
  });
});

it('leaves an address alone without one', () => {
  expect(redisWithCa('redis://h', undefined)).toBe('redis://h');
});

it.each(['redis://h', 'unix:///run/redis.sock', 'redis://a,redis://b'])('refuses %s, which has no TLS', async (url) => {
  const file = await caFile(PEM);
  expect(() => redisWithCa(url, file)).toThrow(DefinitionError);
});

it('refuses a file that is not there, or holds no certificate', async () => {
  expect(() => redisWithCa('rediss://h', '/nowhere/ca.pem')).toThrow(/cannot be read/);
  const file = await caFile('none');
  expect(() => redisWithCa('rediss://h', file)).toThrow(/holds no certificate/);
});
