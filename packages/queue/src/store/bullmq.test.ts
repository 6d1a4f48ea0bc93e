import { expect, it, vi } from 'vitest';

it('a BullMQ without what the library runs is refused when it is loaded', async () => {
  vi.resetModules();
  vi.doMock('bullmq', () => ({ QueueKeys: class {}, RedisConnection: class {}, isRedisInstance: () => true }));
  try {
    await expect(import('./bullmq.ts')).rejects.toMatchObject({
      code: 'SLUICE_DEFINITION',
      message: expect.stringMatching(/it has no .*RedisQueueBackend.*npm install bullmq@6\.7/),
    });
  } finally {
    vi.doUnmock('bullmq');
    vi.resetModules();
  }
});
