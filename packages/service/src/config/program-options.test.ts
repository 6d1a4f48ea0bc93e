import { describe, expect, it } from 'vitest';
import { workerConfig } from '../worker/worker-config.ts';
import { settingsOf } from './program-options.ts';

const read = (options: object) => settingsOf('runWorker', workerConfig.fields, options);

describe('the options of a program', () => {
  it('become settings under the same names', () => {
    const settings = read({ queues: ['emails', 'fetches=5'], redis: 'redis://h', drainMs: 5, log: undefined });
    expect(settings).toMatchObject({
      queues: [{ name: 'emails' }, { name: 'fetches', concurrency: 5 }],
      redisUrl: 'redis://h',
      drainMs: 5,
    });
  });

  it('show nothing of a client or of its options', () => {
    expect(read({ redis: { host: 'h', password: 'hush' } })).toMatchObject({ redisUrl: 'given by the program' });
  });

  it('leave to the environment what is left out', () => {
    expect(read({}).queues).toBeUndefined();
    expect(read({}).redisUrl).toBeUndefined();
  });

  it.each([
    [{ concurency: 5 }, 'runWorker: concurency is no option here; did you mean concurrency?'],
    [
      { queues: ['emails=0'] },
      'runWorker: queues must have a whole number from 1 to 1,000 behind =; it has none in entry 1',
    ],
  ])('are refused when they are %j', (options, message) => {
    expect(() => read(options)).toThrow(message);
  });
});
