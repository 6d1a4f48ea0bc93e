import { createLogger, type Logger } from '@sluice/shared';
import type { Redis } from 'ioredis';
import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
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
  return { lines, logger: createLogger({ name: 'test', destination }) };
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
    const version = 'redis_version:7.4.1';
    await checkServer(serverThatSays(version, 'maxmemory_policy:noeviction', ''), here(logger));
    expect(lines).toEqual([]);
    await checkServer(serverThatSays(version, 'maxmemory_policy:allkeys-lru', ''), here(logger));
    expect(lines.join()).toContain('allkeys-lru');
  });

  it('refuses an eviction policy that could lose jobs, when told to', async () => {
    const { logger, lines } = recordingLogger();
    const version = 'redis_version:7.4.1';
    const evicting = serverThatSays(version, 'maxmemory_policy:volatile-ttl', '');
    await expect(checkServer(evicting, here(logger, 'refuse'))).rejects.toMatchObject({
      code: 'SLUICE_REDIS_UNSUITABLE',
      message: expect.stringMatching(/noeviction.*here.*volatile-ttl/),
    });
    const safe = serverThatSays(version, 'maxmemory_policy:noeviction', '');
    await expect(checkServer(safe, here(logger, 'refuse'))).resolves.toBeUndefined();
    expect(lines).toEqual([]);
  });
});
