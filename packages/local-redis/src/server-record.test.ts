import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claimAfter, endClaim, readServerRecord } from './server-record.ts';

let dir: string;
beforeEach(async () => void (dir = await mkdtemp(join(tmpdir(), 'record-test-'))));
afterEach(() => rm(dir, { recursive: true, force: true }));

describe('a claim on a data folder', () => {
  it('is made by exactly one of many that saw the same dead one', async () => {
    const { claim: dead } = await readServerRecord(dir);
    const claims = await Promise.all(Array.from({ length: 20 }, () => claimAfter(dead)));
    expect(claims.filter((claim) => claim !== null)).toHaveLength(1);
  });

  it('is refused to a process that slept while others claimed and ended', async () => {
    const { claim: longPast } = await readServerRecord(dir);
    const second = await claimAfter(longPast);
    if (second === null) throw new Error('the first claim failed');
    await endClaim(second);
    expect(await claimAfter(second)).not.toBeNull();
    expect(await claimAfter(longPast)).toBeNull();
    expect((await readServerRecord(dir)).record.state).toBe('starting');
  });

  it('leaves one small file behind', async () => {
    for (let round = 0; round < 3; round += 1) {
      const claim = await claimAfter((await readServerRecord(dir)).claim);
      if (claim !== null) await endClaim(claim);
    }
    expect(await readdir(dir)).toEqual(['redis-server.3.json']);
  });
});
