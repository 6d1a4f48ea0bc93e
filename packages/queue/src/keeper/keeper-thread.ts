import { parentPort, workerData } from 'node:worker_threads';
import type { FromKeeper, KeeperSetup, ToKeeper } from './keeper-messages.ts';
import { KeeperRedis } from './keeper-redis.ts';
import { LateSettler } from './late-settler.ts';
import { LeaseRounds } from './lease-rounds.ts';

// The keeper's thread. It loads little, so that it is there soon, and never has to load anything later.
const port = parentPort;
if (!port) throw new Error('this is the program of a thread');
const setup = workerData as KeeperSetup;
const tell = (message: FromKeeper): void => port.postMessage(message);

const redis = new KeeperRedis(setup);
const rounds = new LeaseRounds({
  setup,
  redis,
  tell,
  settler: new LateSettler(setup, redis.client),
});

port.on('message', (message: ToKeeper) => {
  switch (message.kind) {
    case 'pages':
      return rounds.add(message.pages);
    case 'name':
      return rounds.name(message.lease, message.id);
    case 'confirm':
      return void rounds.confirm(message.lease).then((holds) => tell({ kind: 'confirmed', ask: message.ask, holds }));
    case 'close':
      rounds.stop();
      return void redis.signOff().finally(() => {
        redis.close();
        process.exit(); // of this thread alone
      });
    default:
      message satisfies never;
  }
});

try {
  await redis.connect();
  tell({ kind: 'ready', leftoversInMs: await rounds.start() });
} catch (error) {
  tell({ kind: 'unavailable', message: error instanceof Error ? error.message : String(error) });
  // A keeper that takes the place of a dead one goes on trying, as a pool does.
  await rounds.start();
}
