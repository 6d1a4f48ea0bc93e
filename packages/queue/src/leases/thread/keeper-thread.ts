import { parentPort, workerData } from 'node:worker_threads';
import { withFunctions } from './caller-functions.ts';
import type { FromThread, ThreadData, ToThread } from '../shared/keeper-messages.ts';
import type { KeeperSetup } from '../../store/lease-store/keeper-setup.ts';
import { PoolKeeper } from './pool-keeper.ts';

// The keeper's thread. It loads little, so that it is there soon, and never has to load anything later.
const port = parentPort;
if (!port) throw new Error('this is the program of a thread');
const data = workerData as ThreadData;
const { scripts } = data;
const redis = data.functions ? withFunctions(data.redis, data.functions) : data.redis;
const keepers = new Map<number, PoolKeeper>();

function open(pool: number, setup: KeeperSetup, tell: (answer: FromThread['message']) => void): void {
  try {
    const keeper = new PoolKeeper(setup, tell);
    keepers.set(pool, keeper);
    void keeper.start();
  } catch (error) {
    // The others of the thread must not go down with it.
    tell({ kind: 'unavailable', message: error instanceof Error ? error.message : String(error) });
  }
}

port.on('message', ({ pool, message }: ToThread) => {
  const tell = (answer: FromThread['message']): void =>
    port.postMessage({ pool, message: answer } satisfies FromThread);
  const keeper = keepers.get(pool);
  if (message.kind === 'open') return open(pool, { ...message.setup, redis, scripts }, tell);
  if (message.kind !== 'close') return keeper?.hear(message);
  keepers.delete(pool);
  void Promise.resolve(keeper?.close()).finally(() => tell({ kind: 'closed' }));
});
