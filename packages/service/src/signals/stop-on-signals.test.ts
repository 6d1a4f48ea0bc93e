import { EventEmitter } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { stopOnSignals, type SignalHost, type StopOnSignalsOptions, type StopSignal } from './stop-on-signals.ts';

/** A process that only records how it ends. */
class RecordedProcess extends EventEmitter implements SignalHost {
  readonly exits: number[] = [];

  exit(code: number): void {
    this.exits.push(code);
  }
}

const every: readonly StopSignal[] = ['SIGTERM', 'SIGINT', 'SIGHUP'];

function listen(options: Partial<StopOnSignalsOptions> = {}) {
  const host = new RecordedProcess();
  const onFirst = vi.fn<(signal: StopSignal) => void>();
  return { host, onFirst, request: stopOnSignals(host, { signals: every, onFirst, ...options }) };
}

describe('stopOnSignals', () => {
  it.each(every)('asks the process to stop with the first %s, and does not end it', (signal) => {
    const { host, onFirst, request } = listen();
    expect(request.asked.aborted).toBe(false);
    host.emit(signal);
    expect(request.asked.aborted).toBe(true);
    expect(onFirst.mock.calls).toEqual([[signal]]);
    expect(host.exits).toEqual([]);
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
    ['SIGHUP', 129],
  ])('ends the process at once with a second signal, %s, and the code %i', (signal, code) => {
    const { host, onFirst } = listen();
    host.emit('SIGTERM');
    host.emit(signal);
    expect(host.exits).toEqual([code]);
    expect(onFirst).toHaveBeenCalledOnce();
  });

  it('passes its caller the exit code before a second signal ends the process', () => {
    const order: unknown[] = [];
    const { host } = listen({ onSecond: (code) => order.push(['second', code, host.exits.length]) });
    host.emit('SIGINT');
    host.emit('SIGINT');
    expect(order).toEqual([['second', 130, 0]]);
    expect(host.exits).toEqual([130]);
  });

  it('ends with the code of its caller, when it has one, whatever the second signal is', () => {
    const { host } = listen({ secondExitCode: 130 });
    host.emit('SIGINT');
    host.emit('SIGTERM');
    expect(host.exits).toEqual([130]);
  });

  it('takes the first signal for the second when something else asked the process to stop before', () => {
    const { host, onFirst, request } = listen();
    request.make();
    expect(request.asked.aborted).toBe(true);
    host.emit('SIGTERM');
    expect(onFirst).not.toHaveBeenCalled();
    expect(host.exits).toEqual([143]);
  });

  it('leaves all other signals alone', () => {
    const { host } = listen({ signals: ['SIGTERM'] });
    expect(host.eventNames()).toEqual(['SIGTERM']);
  });

  it('listens no more once it is released', () => {
    const { host, onFirst, request } = listen();
    request.release();
    for (const signal of every) host.emit(signal);
    expect(onFirst).not.toHaveBeenCalled();
    expect([host.exits, host.listenerCount('SIGTERM')]).toEqual([[], 0]);
  });
});
