import { describe, expect, it } from 'vitest';
import { startProgram } from '../testing/program-process.ts';

const REDIS_URL = 'redis://127.0.0.1:1';

describe('runWorker', () => {
  it('ends with 2 and all problems, of the settings and of the app together', async () => {
    await using program = startProgram('./run-two-queues.ts', { SLUICE_CONCURRENCY: '0', SLUICE_CAPACTY: '5' });
    expect(await program.ended).toBe(2);
    expect(program.output()).toMatch(/REDIS_URL is not set/);
    expect(program.output()).toMatch(/SLUICE_CONCURRENCY must be/);
    expect(program.output()).toMatch(/SLUICE_CAPACTY is unknown; did you mean SLUICE_CAPACITY\?/);
  });

  it('ends with 2 for a queue that the app has not, and names those it has', async () => {
    await using program = startProgram('./run-two-queues.ts', { REDIS_URL, SLUICE_QUEUES: 'numbers,wrds=2' });
    expect(await program.ended).toBe(2);
    expect(program.output()).toContain(
      'SLUICE_QUEUES: the app has no queue wrds; did you mean words? It has words, numbers',
    );
  });
});
