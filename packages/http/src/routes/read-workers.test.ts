import type { PoolDescription } from '@sluice/queue';
import { describe, expect, it } from 'vitest';
import { differingVersions } from './read-workers.ts';

const about: PoolDescription = {
  name: 'mailer-1',
  kind: 'pool',
  host: 'a',
  pid: 1,
  version: '0.1.0',
  startedAt: 0,
  state: 'running',
  slots: 5,
  contracts: [{ name: 'send', version: 1 }],
};
const pool = (change: Partial<PoolDescription> = {}): { about: PoolDescription } => ({
  about: { ...about, ...change },
});

describe('versions of pools', () => {
  it('are none where all are alike', () => {
    expect(differingVersions([pool(), pool(), { about: null }])).toEqual([]);
  });

  it('name the contracts that differ, and Sluice itself', () => {
    const newer = pool({
      version: '0.2.0',
      contracts: [
        { name: 'send', version: 10 },
        { name: 'scan', version: 1 },
      ],
    });
    const old = pool({ contracts: [{ name: 'send', version: 9 }] });
    expect(differingVersions([newer, old])).toEqual(['sluice@0.1.0, @0.2.0', 'send@9, @10']);
  });

  it('do not count pools that end', () => {
    expect(differingVersions([pool(), pool({ version: '0.2.0', state: 'draining' })])).toEqual([]);
  });
});
