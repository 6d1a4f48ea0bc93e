import { parentPort, workerData } from 'node:worker_threads';
import { withFunctions } from './caller-functions.ts';
import {
  type FromLeaseThread,
  messageOf,
  type ThreadData,
  type ToLeaseThread,
} from '../shared/lease-thread-messages.ts';
import type { LeaseThreadSetup } from '../../store/lease-store/lease-thread-setup.ts';
import { PoolLeases } from './pool-leases.ts';

// The program of the lease thread. It loads little, so that it starts fast, and never has to load anything later.
const port = parentPort;
if (!port) throw new Error('this is the program of a thread');
const data = workerData as ThreadData;
const { scripts } = data;
const redis = data.functions ? withFunctions(data.redis, data.functions) : data.redis;
const pools = new Map<number, PoolLeases>();

function open(pool: number, setup: LeaseThreadSetup, report: (answer: FromLeaseThread['message']) => void): void {
  try {
    const leases = new PoolLeases(setup, report);
    pools.set(pool, leases);
    leases.start().catch(() => undefined); // it was closed meanwhile
  } catch (error) {
    // The others of the thread must not go down with it.
    report({ kind: 'unavailable', message: messageOf(error) });
  }
}

port.on('message', ({ pool, message }: ToLeaseThread) => {
  const report = (answer: FromLeaseThread['message']): void =>
    port.postMessage({ pool, message: answer } satisfies FromLeaseThread);
  const leases = pools.get(pool);
  if (message.kind === 'open') return open(pool, { ...message.setup, redis, scripts }, report);
  if (message.kind !== 'close') return leases?.hear(message);
  pools.delete(pool);
  void Promise.resolve(leases?.close()).finally(() => report({ kind: 'closed' }));
});
