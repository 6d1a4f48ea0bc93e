import { setTimeout as sleep } from 'node:timers/promises';
import type { TestServer } from '@sluice/testing/servers';
import { type PlannedFault, redisTarget } from '../plan/make-plan.ts';
import type { ManagedProcess } from './managed-process.ts';

/** The possible targets of a fault. */
export interface Scene {
  server: TestServer;
  processes: ReadonlyMap<string, ManagedProcess>;
}

/** How long a process may take to end after SIGTERM: a drain, its graces, and an outage of Redis. */
const exitWithinMs = 15_000;
/** How long to wait for a lost reply. A process that sends nothing meanwhile loses the next one. */
const dropWithinMs = 1_500;

/** Begins a fault. Resolves with the function that ends it. */
export async function injectFault(fault: PlannedFault, scene: Scene): Promise<() => Promise<void> | void> {
  if (fault.target === redisTarget) return disturbRedis(fault, scene.server);
  const managed = scene.processes.get(fault.target);
  if (!managed) throw new TypeError(`no process ${fault.target}`);
  return disturbProcess(fault, managed);
}

async function disturbRedis({ kind }: PlannedFault, server: TestServer): Promise<() => Promise<void>> {
  switch (kind) {
    case 'stop':
      await server.suspend();
      return () => server.resume();
    case 'kill':
    case 'exit':
      await server.halt(kind === 'kill' ? 'kill' : 'graceful');
      return () => server.start();
    default:
      throw new TypeError(`no fault ${kind} for Redis`);
  }
}

async function disturbProcess({ kind }: PlannedFault, managed: ManagedProcess): Promise<() => Promise<void> | void> {
  switch (kind) {
    case 'kill':
      await managed.kill();
      return () => managed.startNext();
    case 'exit':
      await managed.exit(exitWithinMs);
      return () => managed.startNext();
    case 'stop':
      managed.freeze();
      return () => managed.thaw();
    case 'cut':
      await managed.proxy.cut();
      return () => managed.proxy.restore();
    case 'stall':
      managed.proxy.stall();
      return () => managed.proxy.restore();
    case 'drop': {
      const dropped = managed.proxy.dropNextReply('evalsha');
      return () => Promise.race([dropped, sleep(dropWithinMs, undefined, { ref: false })]);
    }
    default:
      return kind satisfies never;
  }
}
