import { setTimeout as sleep } from 'node:timers/promises';
import type { TestServer } from '@sluice/testing/servers';
import { type PlannedFault, redisTarget } from '../plan/make-plan.ts';
import type { Seat } from './seat.ts';

/** What a fault is done to. */
export interface Scene {
  server: TestServer;
  seats: ReadonlyMap<string, Seat>;
}

/** How long a process that was asked to end may take: a drain, its graces, and a Redis that is away. */
const exitWithinMs = 15_000;
/** How long the history waits for a lost answer; a process that sends nothing loses none, and loses its next one. */
const dropWithinMs = 1_500;

/** Begins a fault. Resolves with what ends it. */
export async function injectFault(fault: PlannedFault, scene: Scene): Promise<() => Promise<void> | void> {
  if (fault.target === redisTarget) return disturbRedis(fault, scene.server);
  const seat = scene.seats.get(fault.target);
  if (!seat) throw new TypeError(`no seat ${fault.target}`);
  return disturbSeat(fault, seat);
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

async function disturbSeat({ kind }: PlannedFault, seat: Seat): Promise<() => Promise<void> | void> {
  switch (kind) {
    case 'kill':
      await seat.kill();
      return () => seat.fill();
    case 'exit':
      await seat.exit(exitWithinMs);
      return () => seat.fill();
    case 'stop':
      seat.freeze();
      return () => seat.thaw();
    case 'cut':
      await seat.wire.cut();
      return () => seat.wire.restore();
    case 'stall':
      seat.wire.stall();
      return () => seat.wire.restore();
    case 'drop': {
      const dropped = seat.wire.dropNextReply('evalsha');
      return () => Promise.race([dropped, sleep(dropWithinMs, undefined, { ref: false })]);
    }
    default:
      return kind satisfies never;
  }
}
