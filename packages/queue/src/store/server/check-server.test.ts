import type { Redis } from 'ioredis';
import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Logger } from '../../job/logging/logger.ts';
import { testLogger } from '../../testing/test-logger.ts';
import { checkServer, type ServerCheck } from './check-server.ts';

function serverThatSays(...lines: string[]): Redis {
  return { info: async () => lines.join('\r\n') } as unknown as Redis;
}

function here(logger: Logger, unsafeEviction: ServerCheck['unsafeEviction'] = 'warn'): ServerCheck {
  return { host: 'here', logger, unsafeEviction };
}

function recordingLogger() {
  const lines: string[] = [];
  const destination = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  return { lines, logger: testLogger({ destination }) };
}

describe('checkServer', () => {
  it('refuses a Redis older than 7.0, and says what to do', async () => {
    const { logger } = recordingLogger();
    for (const version of ['6.0.16', '6.2.19', 'odd']) {
      await expect(checkServer(serverThatSays(`redis_version:${version}`), here(logger))).rejects.toMatchObject({
        code: 'SLUICE_REDIS_UNSUITABLE',
        message: expect.stringMatching(`${version}.* 7.0 .*upgrade`),
      });
    }
    await expect(checkServer(serverThatSays('redis_version:7.0.0'), here(logger))).resolves.toBeUndefined();
    const valkey = serverThatSays('redis_version:7.2.4', 'server_name:valkey', 'valkey_version:8.1.1');
    await expect(checkServer(valkey, here(logger))).resolves.toBeUndefined();
    await expect(checkServer(serverThatSays('redis_version:10.0.0'), here(logger))).resolves.toBeUndefined();
  });

  it('warns of an eviction policy that could lose jobs', async () => {
    const { logger, lines } = recordingLogger();
    const version = 'redis_version:7.4.9';
    await checkServer(serverThatSays(version, 'maxmemory_policy:noeviction', ''), here(logger));
    expect(lines).toEqual([]);
    await checkServer(serverThatSays(version, 'maxmemory_policy:allkeys-lru', ''), here(logger));
    expect(lines.join()).toContain('allkeys-lru');
  });

  it('refuses an eviction policy that could lose jobs, when told to', async () => {
    const { logger, lines } = recordingLogger();
    const version = 'redis_version:7.4.9';
    const evicting = serverThatSays(version, 'maxmemory_policy:volatile-ttl', '');
    await expect(checkServer(evicting, here(logger, 'refuse'))).rejects.toMatchObject({
      code: 'SLUICE_REDIS_UNSUITABLE',
      message: expect.stringMatching(/noeviction.*here.*volatile-ttl/),
    });
    const safe = serverThatSays(version, 'maxmemory_policy:noeviction', '');
    await expect(checkServer(safe, here(logger, 'refuse'))).resolves.toBeUndefined();
    expect(lines).toEqual([]);
  });

  it.each([
    ['7.2.0', 'upgrade it to 7.2.14'],
    ['7.4.8', 'upgrade it to 7.4.9'],
    ['8.0.5', 'no release of its line is known to have the fix'],
    ['8.2.5', 'upgrade it to 8.2.6'],
    ['8.4.2', 'upgrade it to 8.4.3'],
    ['8.6.2', 'upgrade it to 8.6.3'],
  ])('warns of Redis %s, which has a known security hole, and says what to do', async (version, advice) => {
    const { logger, lines } = recordingLogger();
    await checkServer(serverThatSays(`redis_version:${version}`), here(logger));
    expect(lines.join()).toContain(`Redis ${version} has a known security hole, CVE-2026-23479: ${advice}`);
  });

  it.each([
    ['7.2.12', 'upgrade it to 7.2.13'],
    ['8.0.7', 'upgrade it to 8.0.8'],
    ['8.1.6', 'upgrade it to 8.1.7'],
    ['9.0.3', 'upgrade it to 9.0.4'],
  ])('warns of Valkey %s by its own version, not by that of the Redis it stands for', async (version, advice) => {
    const { logger, lines } = recordingLogger();
    await checkServer(serverThatSays('redis_version:7.2.4', `valkey_version:${version}`), here(logger));
    expect(lines.join()).toContain(`Valkey ${version} has a known security hole, CVE-2026-23479: ${advice}`);
  });

  it.each([
    '7.0.15',
    '7.2.14',
    '7.4.10',
    '8.2.6',
    '8.4.3',
    '8.6.10',
    '8.8.0',
    '8.10.2',
    '9.0.0',
    '7.3.241',
    ...['7.2.13', '8.0.10', '8.1.7', '9.0.4', '9.1.0', '10.0.0'].map((version) => `7.2.4\r\nvalkey_version:${version}`),
  ])('has nothing to say of version %j', async (version) => {
    const { logger, lines } = recordingLogger();
    await checkServer(serverThatSays(`redis_version:${version}`), here(logger));
    expect(lines).toEqual([]);
  });
});
