import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { heldProxy, type HeldProxy } from '@sluice/testing/faults';
import { startTestServer, type TestServer } from '@sluice/testing/servers';
import { isAdmission } from '../commands.ts';
import type { Scenario } from '../scenario.ts';
import { Fixture } from '../fixture.ts';
import { workload } from '../workload.ts';
import { until } from '../until.ts';

const CAPACITY = 5;

/**
 * A planned failover, as an operator or a managed Redis does it: the first Redis accepts no more writes, the second one has
 * all of them and takes over. Clients notice when they lose their connection, and commands and replies on their way with it.
 */
export const failover: Scenario = {
  name: 'Redis fails over to its replica',
  play: async (play) => {
    await using first = await startTestServer();
    await using second = await startTestServer();
    await follow(second, first);
    await using proxy = await heldProxy(first.url);
    await using fixture = await Fixture.open({ server: first, queueName: 'failover', capacity: CAPACITY });
    await fixture.pool({ concurrency: 3, workMs: () => play.random() * 8, url: proxy.url });
    const puts = { processes: 2, producers: 4, putsEach: play.long ? 60 : 25 };
    let turned = false;
    await workload(fixture, {
      seed: play.seed,
      ...puts,
      each: () => ({ url: proxy.url }),
      meanwhile: async () => {
        await fixture.until('it is time', () => turned || fixture.countAnswered() > 40);
        if (!turned) await failOver(first, second, proxy);
        turned = true;
        await new Promise((resolve) => setTimeout(resolve, 20));
      },
    });
    const client = await second.client();
    try {
      await fixture.untilUnfinished(0, 60_000, client);
      await fixture.check(second.dataDir ?? '', client);
      if (play.long) await fixture.untilNoKeyIsLeft(client);
    } finally {
      client.disconnect();
    }
  },
};

/** Makes one server follow the other, and waits until it does. */
async function follow(replica: TestServer, master: TestServer): Promise<void> {
  const [to, from] = [await master.client(), await replica.client()];
  try {
    const port = await freePort();
    await to.config('SET', 'port', port);
    await from.replicaof('127.0.0.1', port);
    await until('the replica follows', async () => (await from.info('replication')).includes('master_link_status:up'));
    await until('its log is written', async () =>
      (await from.info('persistence')).includes('aof_rewrite_in_progress:0'),
    );
  } finally {
    to.disconnect();
    from.disconnect();
  }
}

async function failOver(first: TestServer, second: TestServer, proxy: HeldProxy): Promise<void> {
  const [old, fresh] = [await first.client(), await second.client()];
  try {
    // The old Redis has run some calls, and the new one will get them again.
    await Promise.all(Array.from({ length: 4 }, () => proxy.holdAnswer(isAdmission)));
    for (let turn = 0; turn < 2; turn += 1) await old.ping();
    await old.call('CLIENT', 'PAUSE', 60_000, 'WRITE');
    const offset = offsetOf('master_repl_offset', await old.info('replication'));
    await until('the replica has all', async () => {
      return offsetOf('slave_repl_offset', await fresh.info('replication')) >= offset;
    });
    await fresh.replicaof('NO', 'ONE');
    proxy.turnTo(second.url);
  } finally {
    old.disconnect();
    fresh.disconnect();
  }
  await first.halt('kill');
}

function offsetOf(name: string, info: string): number {
  return Number(new RegExp(`${name}:(\\d+)`).exec(info)?.[1] ?? Number.NaN);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
