import { ConfigError } from '@sluice/queue/contracts';
import { describe, expect, it } from 'vitest';
import { readTogether } from './read-together.ts';

const fails = (error: Error) => (): never => {
  throw error;
};
const settings = new ConfigError(['REDIS_URL is not set', 'SLUICE_X is unknown']);

describe('readTogether', () => {
  it('gives both', async () => {
    expect(
      await readTogether(
        () => 1,
        async () => 'app',
      ),
    ).toEqual([1, 'app']);
  });

  it('reports the problems of both together, each once', async () => {
    const ofApp = new ConfigError(['SLUICE_CAPACITY must be a whole number', 'SLUICE_X is unknown']);
    const reading = readTogether(fails(settings), async () => fails(ofApp)());
    await expect(reading).rejects.toMatchObject({
      problems: ['REDIS_URL is not set', 'SLUICE_X is unknown', 'SLUICE_CAPACITY must be a whole number'],
    });
  });

  it('puts wrong settings before a fault of the app, which may follow from them', async () => {
    await expect(readTogether(fails(settings), fails(new Error('no database')))).rejects.toBe(settings);
    await expect(readTogether(fails(new Error('no database')), fails(settings))).rejects.toBe(settings);
  });

  it('fails with what one of them fails with', async () => {
    const fault = new Error('no database');
    await expect(readTogether(() => 1, fails(fault))).rejects.toBe(fault);
    await expect(readTogether(fails(fault), fails(new Error('another')))).rejects.toBe(fault);
  });
});
