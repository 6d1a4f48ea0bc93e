import { describe, expect, it } from 'vitest';
import { startLocalCluster } from './local-cluster.ts';

const isAlive = (port: number) =>
  fetch(`http://127.0.0.1:${port}`).then(
    () => true,
    // Redis closes HTTP connections; without a server the connection is refused.
    (error: Error) => !String((error.cause as Error | undefined)?.message).includes('ECONNREFUSED'),
  );

describe('startLocalCluster', () => {
  it('gives three masters with a replica each, which hold all keys between them', async () => {
    await using cluster = await startLocalCluster();
    const client = await cluster.client();
    await Promise.all(Array.from({ length: 50 }, (_, n) => client.set(`key-${n}`, n)));
    const masters = new Set(await Promise.all(Array.from({ length: 50 }, (_, n) => cluster.masterOf(`key-${n}`))));
    expect([...masters].map(({ port }) => port).toSorted()).toEqual(
      cluster.nodes
        .slice(0, 3)
        .map(({ port }) => port)
        .toSorted(),
    );
    expect(await cluster.replicasOf('key-1')).toHaveLength(1);
    expect(await client.get('key-17')).toBe('17');
  });

  it('leaves no process behind, killed and frozen ones included', async () => {
    const cluster = await startLocalCluster({ replicas: 0 });
    await cluster.nodes[0]?.kill();
    cluster.nodes[1]?.suspend();
    await Promise.all([cluster.stop(), cluster.stop()]);
    for (const { port } of cluster.nodes) expect(await isAlive(port)).toBe(false);
  });

  for (const how of ['graceful', 'force', 'takeover'] as const) {
    it(`fails over and keeps the data: ${how}`, async () => {
      await using cluster = await startLocalCluster();
      const client = await cluster.client();
      await client.set('kept', 'yes');
      const { from, to } = await cluster.failover('kept', how);
      expect(await cluster.masterOf('kept')).toBe(to);
      expect(from).not.toBe(to);
      expect(await client.get('kept')).toBe('yes');
    });
  }

  it('has a replica take over when a master is killed', async () => {
    await using cluster = await startLocalCluster();
    const client = await cluster.client();
    await client.set('kept', 'yes');
    await client.wait(1, 1_000);
    const killed = await cluster.killMaster('kept');
    await cluster.untilMasterIsNot('kept', killed);
    expect(await client.get('kept')).toBe('yes');
  });
});
