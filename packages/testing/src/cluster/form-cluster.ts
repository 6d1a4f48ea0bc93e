import type { ClusterNode } from './cluster-node.ts';

const SLOTS = 16_384;
const MEET_AGAIN_MS = 2_000;

/** Joins separate servers to one cluster: the first are its masters, the rest their replicas in turn. */
export async function formCluster(nodes: readonly ClusterNode[], masters: number): Promise<void> {
  await Promise.all(nodes.map((node, index) => node.cluster('SET-CONFIG-EPOCH', String(index + 1))));
  await Promise.all(nodes.slice(0, masters).map((node, index) => giveSlots(node, index, masters)));
  let metAt = -Infinity;
  await untilAll(nodes, async (node) => {
    // On a busy machine a handshake can time out, and Redis does not repeat it.
    if (node === nodes[0] && performance.now() - metAt > MEET_AGAIN_MS) {
      metAt = performance.now();
      await meetAll(nodes);
    }
    return knowsAll(node, nodes);
  });
  await Promise.all(
    nodes.slice(masters).map((node, index) => node.cluster('REPLICATE', nodes[index % masters]?.id ?? '')),
  );
  await untilAll(nodes, async (node) => (await isWhole(node)) && (await followsItsMaster(node)));
  await untilAll(nodes, (node) => knowsRoles(node, nodes.length - masters));
}

/** Every node meets every other one. Gossip would do it too, but slowly. */
async function meetAll(nodes: readonly ClusterNode[]): Promise<void> {
  for (const [index, node] of nodes.entries()) {
    const known = String(await node.cluster('NODES'));
    const strangers = nodes.slice(index + 1).filter(({ id }) => !known.includes(id));
    for (const { port } of strangers) await node.cluster('MEET', '127.0.0.1', String(port));
  }
}

async function giveSlots(node: ClusterNode, index: number, masters: number): Promise<void> {
  const from = Math.floor((SLOTS * index) / masters);
  const to = Math.floor((SLOTS * (index + 1)) / masters);
  await node.cluster('ADDSLOTS', ...Array.from({ length: to - from }, (_, offset) => String(from + offset)));
}

async function knowsAll(node: ClusterNode, all: readonly ClusterNode[]): Promise<boolean> {
  const known = String(await node.cluster('NODES'));
  return !known.includes('handshake') && all.every(({ id }) => known.includes(id));
}

async function isWhole(node: ClusterNode): Promise<boolean> {
  const info = await node.clusterInfo();
  return info.get('cluster_state') === 'ok' && info.get('cluster_slots_ok') === String(SLOTS);
}

async function followsItsMaster(node: ClusterNode): Promise<boolean> {
  const info = await node.info('replication');
  return info.get('role') === 'master' || info.get('master_link_status') === 'up';
}

/** Without this, a client of a node that does not know the replicas yet would not find them at a failover. */
async function knowsRoles(node: ClusterNode, replicas: number): Promise<boolean> {
  const lines = String(await node.cluster('NODES'))
    .trim()
    .split('\n');
  return lines.filter((line) => /\bslave\b/.test(line)).length === replicas;
}

async function untilAll(
  nodes: readonly ClusterNode[],
  holds: (node: ClusterNode) => Promise<boolean>,
  withinMs = 20_000,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await Promise.all(nodes.map(holds))).every(Boolean)) {
    if (performance.now() > deadline) throw new Error(`no cluster of ${nodes.length} nodes within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
