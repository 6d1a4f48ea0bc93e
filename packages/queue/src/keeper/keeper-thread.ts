import { parentPort, workerData } from 'node:worker_threads';
import { type FromKeeper, type KeeperSetup, type ToKeeper, unflatten } from './keeper-messages.ts';
import { KeeperRedis } from './keeper-redis.ts';
import { LeaseRounds } from './lease-rounds.ts';

// The keeper's thread. It loads little, so that it is there soon; what ends attempts is loaded when it is first
// needed.
const port = parentPort;
if (!port) throw new Error('this is the program of a thread');
const setup = workerData as KeeperSetup;
const tell = (message: FromKeeper): void => port.postMessage(message);

const redis = new KeeperRedis(setup);
const rounds = new LeaseRounds({
  setup,
  redis,
  tell,
  openSettler: async () => {
    await rounds.renewAll(); // loading takes a while, in which this thread does nothing else
    const { LateSettler } = await import('./late-settler.ts');
    return LateSettler.open(setup, redis.client);
  },
});

port.on('message', (message: ToKeeper) => {
  switch (message.kind) {
    case 'hold':
      return rounds.hold(message.pages, unflatten(message.leases));
    case 'confirm':
      return void rounds.confirm(message.lease).then((holds) => tell({ kind: 'confirmed', ask: message.ask, holds }));
    case 'close':
      rounds.stop();
      redis.close();
      return process.exit(); // of this thread alone
    default:
      message satisfies never;
  }
});

try {
  await redis.connect();
  tell({ kind: 'ready' });
} catch (error) {
  tell({ kind: 'unavailable', message: error instanceof Error ? error.message : String(error) });
}
// A keeper that takes the place of a dead one goes on trying, as a pool does.
rounds.start();
