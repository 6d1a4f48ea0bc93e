import { setTimeout as sleep } from 'node:timers/promises';
import type { TestServer } from '@sluice/testing/servers';
import { type PlannedFault, redisTarget } from '../plan/make-plan.ts';
import type { ManagedProcess } from './managed-process.ts';

/** What a fault is done to. */
export interface Scene {
  server: TestServer;
  processes: ReadonlyMap<string, ManagedProcess>;
}

/** How long a process that was asked to end may take: a drain, its graces, and a Redis that is away. */
const exitWithinMs = 15_000;
/** How long the history waits for a lost answer; a process that sends nothing loses none, and loses its next one. */
const dropWithinMs = 1_500;

/** Begins a fault. Resolves with what ends it. */
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
      throw new TypeError(`nothing of the kind ${kind} is done to Redis`);
  }
}

async function disturbProcess({ kind }: PlannedFault, managed: ManagedProcess): Promise<() => Promise<void> | void> {
  switch (kind) {
    case 'kill':
      await managed.kill();
      return () => managed.fill();
    case 'exit':
      await managed.exit(exitWithinMs);
      return () => managed.fill();
    case 'stop':
      managed.freeze();
      return () => managed.thaw();
    case 'cut':
      await managed.wire.cut();
      return () => managed.wire.restore();
    case 'stall':
      managed.wire.stall();
      return () => managed.wire.restore();
    case 'drop': {
      const dropped = managed.wire.dropNextReply('evalsha');
      return () => Promise.race([dropped, sleep(dropWithinMs, undefined, { ref: false })]);
    }
    default:
      return kind satisfies never;
  }
}
