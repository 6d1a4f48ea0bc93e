import { EventEmitter, once } from 'node:events';
import { RedisUnavailableError, StoppedError } from '@sluice/queue/contracts';
import { silentLogger } from '@sluice/queue/logging';
import { describe, expect, it, vi } from 'vitest';
import { leaveOnFault, supervise, type HostProcess } from './supervise.ts';
import type { Worker } from '../worker/worker.ts';

/** A process that only notes what is done to it. */
class PlayedProcess extends EventEmitter implements HostProcess {
  readonly exits: number[] = [];
  readonly sent: unknown[] = [];
  send: HostProcess['send'];
  connected: boolean | undefined;

  exit(code: number): void {
    this.exits.push(code);
    this.emit('left', code);
  }
}

/** A process with an IPC channel to its parent. */
function playChild(): PlayedProcess {
  const host = new PlayedProcess();
  host.connected = true;
  host.send = (message) => host.sent.push(message);
  return host;
}

function playWorker(steps: Partial<Worker> = {}): Worker {
  const done = (): Promise<void> => Promise.resolve();
  const health = (): never => expect.unreachable();
  return {
    state: 'new',
    health,
    start: vi.fn(steps.start ?? done),
    drain: vi.fn(steps.drain ?? done),
    stop: vi.fn(steps.stop ?? done),
  };
}

const never = (): Promise<void> => new Promise(() => {});

function run(worker: Worker, host: HostProcess, { drainMaxMs = 60_000, orphanMaxMs = 60_000 } = {}): Promise<number> {
  return supervise(worker, { host, log: silentLogger(), drainMaxMs, orphanMaxMs });
}

describe('supervise', () => {
  it.each(['SIGTERM', 'SIGINT'])('drains on %s and ends with 0', async (signal) => {
    const host = new PlayedProcess();
    const worker = playWorker();
    const code = run(worker, host);
    host.emit(signal);
    expect(await code).toBe(0);
    expect(worker.drain).toHaveBeenCalledOnce();
    expect(host.exits).toEqual([]);
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ])('leaves at once on a second signal, %s, with %i', async (signal, code) => {
    const host = new PlayedProcess();
    void run(playWorker({ drain: never }), host);
    host.emit('SIGTERM');
    expect(host.exits).toEqual([]);
    host.emit(signal);
    expect(host.exits).toEqual([code]);
  });

  it('leaves when a drain takes too long', async () => {
    const host = new PlayedProcess();
    const left = once(host, 'left');
    void run(playWorker({ drain: never }), host, { drainMaxMs: 1 });
    host.emit('SIGTERM');
    expect(await left).toEqual([1]);
  });

  it('fails with what the drain failed with', async () => {
    const host = new PlayedProcess();
    const fault = new Error('could not settle');
    const code = run(playWorker({ drain: () => Promise.reject(fault) }), host);
    host.emit('SIGTERM');
    await expect(code).rejects.toBe(fault);
  });

  it('fails with what the start failed with', async () => {
    const away = new RedisUnavailableError('127.0.0.1:1');
    await expect(run(playWorker({ start: () => Promise.reject(away) }), playChild())).rejects.toBe(away);
  });

  it('drains also during a start, and takes the start that is called off for no failure', async () => {
    const host = new PlayedProcess();
    const start = Promise.withResolvers<void>();
    const worker = playWorker({ start: () => start.promise });
    const code = run(worker, host);
    host.emit('SIGTERM');
    start.reject(new StoppedError());
    expect(await code).toBe(0);
    expect(worker.drain).toHaveBeenCalledOnce();
  });

  it('notifies its parent that it is ready, once it takes jobs and not before', async () => {
    const host = playChild();
    const start = Promise.withResolvers<void>();
    void run(playWorker({ start: () => start.promise }), host);
    await Promise.resolve();
    expect(host.sent).toEqual([]);
    start.resolve();
    await vi.waitFor(() => expect(host.sent).toEqual([{ type: 'ready' }]));
  });

  it('leaves the SIGINT of the terminal to its parent', async () => {
    const host = playChild();
    const worker = playWorker();
    const code = run(worker, host);
    host.emit('SIGINT');
    host.emit('SIGINT');
    expect(worker.drain).not.toHaveBeenCalled();
    expect(host.exits).toEqual([]);
    host.emit('SIGTERM');
    expect(await code).toBe(0);
  });

  it('stops at once when its parent goes', async () => {
    const host = playChild();
    const worker = playWorker();
    const code = run(worker, host);
    host.connected = false;
    host.emit('disconnect');
    expect(await code).toBe(0);
    expect(worker.stop).toHaveBeenCalledOnce();
    expect(worker.drain).not.toHaveBeenCalled();
  });

  it('stops at once when its parent went before it was there to hear of it', async () => {
    const host = playChild();
    host.connected = false;
    const worker = playWorker({ start: () => Promise.reject(new StoppedError()) });
    expect(await run(worker, host)).toBe(0);
    expect(worker.stop).toHaveBeenCalledOnce();
    expect(host.sent).toEqual([]);
  });

  it('shortens a drain when its parent goes', async () => {
    const host = playChild();
    const drain = Promise.withResolvers<void>();
    const worker = playWorker({ drain: () => drain.promise, stop: async () => drain.resolve() });
    const code = run(worker, host);
    host.emit('SIGTERM');
    host.emit('disconnect');
    expect(await code).toBe(0);
    expect(worker.stop).toHaveBeenCalledOnce();
  });

  it('leaves when even the stop of an orphan takes too long', async () => {
    const host = playChild();
    const left = once(host, 'left');
    void run(playWorker({ stop: never }), host, { orphanMaxMs: 1 });
    host.emit('disconnect');
    expect(await left).toEqual([1]);
  });
});

describe('leaveOnFault', () => {
  it.each(['uncaughtException', 'unhandledRejection'])('leaves with 1 on %s', (event) => {
    const host = new PlayedProcess();
    leaveOnFault(host, silentLogger());
    host.emit(event, new Error('a bug'));
    expect(host.exits).toEqual([1]);
  });
});
