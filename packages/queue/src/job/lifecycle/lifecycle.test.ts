import { stressLifecycle } from '@sluice/testing/lifecycle';
import { describe, expect, it, vi } from 'vitest';
import { StoppedError } from '../errors/index.ts';
import { Lifecycle, type LifecycleHooks } from './lifecycle.ts';

function counted(hooks: LifecycleHooks = {}) {
  const start = vi.fn(hooks.start ?? (() => {}));
  const stop = vi.fn(hooks.stop ?? (() => {}));
  return { start, stop, lifecycle: new Lifecycle({ start, stop }) };
}

describe('Lifecycle', () => {
  it('goes from new through starting, running and stopping to stopped', async () => {
    const { lifecycle } = counted();
    const seen = [lifecycle.state];
    const started = lifecycle.start();
    seen.push(lifecycle.state);
    await started;
    seen.push(lifecycle.state);
    const stopped = lifecycle.stop();
    seen.push(lifecycle.state);
    await stopped;
    seen.push(lifecycle.state);
    expect(seen).toEqual(['new', 'starting', 'running', 'stopping', 'stopped']);
  });

  it('runs each hook once, however often and at once it is called', async () => {
    const { lifecycle, start, stop } = counted();
    await Promise.all([lifecycle.start(), lifecycle.start()]);
    await lifecycle.start();
    await Promise.all([lifecycle.stop(), lifecycle.stop()]);
    await lifecycle.stop();
    expect([start.mock.calls.length, stop.mock.calls.length]).toEqual([1, 1]);
  });

  it('gives every caller the same promise', () => {
    const { lifecycle } = counted();
    expect(lifecycle.start()).toBe(lifecycle.start());
    expect(lifecycle.stop()).toBe(lifecycle.stop());
  });

  it('runs a hook once also when the hook itself calls start or stop', async () => {
    const lifecycle: Lifecycle = new Lifecycle({
      start: () => void lifecycle.start(),
      stop: () => void lifecycle.stop(),
    });
    await lifecycle.start();
    await lifecycle.stop();
    expect(lifecycle.state).toBe('stopped');
  });

  it('undoes nothing when it is stopped before it was started, and cannot be started then', async () => {
    const { lifecycle, start, stop } = counted();
    await lifecycle.stop();
    await expect(lifecycle.start()).rejects.toThrow(StoppedError);
    expect(lifecycle.state).toBe('stopped');
    expect(start).not.toHaveBeenCalled();
    expect(stop).not.toHaveBeenCalled();
  });

  it('undoes a start that fails, and rejects with its error', async () => {
    const { lifecycle, stop } = counted({ start: () => Promise.reject(new Error('no space')) });
    await expect(lifecycle.start()).rejects.toThrow('no space');
    expect(stop).toHaveBeenCalledOnce();
    expect(lifecycle.state).toBe('stopped');
    await lifecycle.stop();
    expect(stop).toHaveBeenCalledOnce();
  });

  it('undoes a start hook that throws at once', async () => {
    const { lifecycle, stop } = counted({
      start: () => {
        throw new Error('no space');
      },
    });
    await expect(lifecycle.start()).rejects.toThrow('no space');
    expect(stop).toHaveBeenCalledOnce();
  });

  it('rejects stop with the failed undoing, and start with the failed start', async () => {
    const { lifecycle } = counted({
      start: () => Promise.reject(new Error('no space')),
      stop: () => Promise.reject(new Error('stuck')),
    });
    await expect(lifecycle.start()).rejects.toThrow('no space');
    await expect(lifecycle.stop()).rejects.toThrow('stuck');
    expect(lifecycle.state).toBe('stopped');
  });

  it('waits for a start in progress, then stops', async () => {
    const gate = Promise.withResolvers<void>();
    const { lifecycle, stop } = counted({ start: () => gate.promise });
    const started = lifecycle.start();
    const stopped = lifecycle.stop();
    expect(lifecycle.state).toBe('stopping');
    expect(stop).not.toHaveBeenCalled();
    gate.resolve();
    await expect(started).rejects.toThrow(StoppedError);
    await stopped;
    expect(stop).toHaveBeenCalledOnce();
  });

  it('aborts the signal of a start in progress', async () => {
    const { lifecycle, stop } = counted({
      start: (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    });
    const started = lifecycle.start();
    await lifecycle.stop();
    await expect(started).rejects.toThrow(StoppedError);
    expect(stop).toHaveBeenCalledOnce();
  });

  it('says that it was stopped meanwhile, however a start that was cut short fails', async () => {
    const { lifecycle } = counted({
      start: (signal) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('connection closed')))),
    });
    const started = lifecycle.start();
    await lifecycle.stop();
    await expect(started).rejects.toThrow(StoppedError);
  });

  it.each(['once', 'twice'])('refuses every start after a stop, also when it was started %s before', async (times) => {
    const { lifecycle } = counted();
    await lifecycle.start();
    if (times === 'twice') await lifecycle.start();
    const stopped = lifecycle.stop();
    await expect(lifecycle.start()).rejects.toThrow(StoppedError);
    await stopped;
    await expect(lifecycle.start()).rejects.toThrow(StoppedError);
  });

  it('gives the error of a start that failed again, until it is stopped', async () => {
    const { lifecycle } = counted({ start: () => Promise.reject(new Error('no space')) });
    await expect(lifecycle.start()).rejects.toThrow('no space');
    await expect(lifecycle.start()).rejects.toThrow('no space');
    await lifecycle.stop();
    await expect(lifecycle.start()).rejects.toThrow(StoppedError);
  });

  it('leaves the signal alone when a complete start is stopped', async () => {
    let signal: AbortSignal | undefined;
    const { lifecycle } = counted({ start: (given) => void (signal = given) });
    await lifecycle.start();
    await lifecycle.stop();
    expect(signal?.aborted).toBe(false);
  });

  it('is stopped also when its stop hook fails, and says so to every caller', async () => {
    const { lifecycle } = counted({ stop: () => Promise.reject(new Error('stuck')) });
    await lifecycle.start();
    await expect(lifecycle.stop()).rejects.toThrow('stuck');
    await expect(lifecycle.stop()).rejects.toThrow('stuck');
    expect(lifecycle.state).toBe('stopped');
  });

  it('stops at the end of an await using block', async () => {
    const { lifecycle, stop } = counted();
    {
      await using running = lifecycle;
      await running.start();
    }
    expect(stop).toHaveBeenCalledOnce();
  });
});

describe('stressLifecycle', () => {
  it('passes a Lifecycle whose hooks take their time', async () => {
    const open = { count: 0 };
    const turn = () => new Promise<void>((resolve) => void setImmediate(resolve));
    const make = () =>
      new Lifecycle({
        start: async () => {
          await turn();
          open.count += 1;
          await turn();
        },
        stop: async () => {
          await turn();
          open.count -= 1;
        },
      });
    await stressLifecycle(make, { check: () => expect(open.count).toBe(0) });
  });

  const run = (thing: Fragile): void => void (thing.state = 'running');
  const end = (thing: Fragile): void => void (thing.state = 'stopped');
  const fail = () => Promise.reject(new Error('no'));

  it.each<[string, FragileHooks, string]>([
    ['starts again once stopped', { start: run, stop: end }, 'stop: it was started again after a stop'],
    ['never starts', { start: fail, stop: end }, 'start, then stop: start failed: Error: no'],
    ['does not run once started', { start: () => {}, stop: end }, 'start, then stop: the state once started'],
    ['fails to stop', { start: run, stop: fail }, 'stop: stop failed: Error: no'],
    ['is not stopped after stop', { start: run, stop: () => {} }, 'stop: the state at the end'],
  ])('refuses a thing that %s, and names the order of calls', async (_, hooks, message) => {
    await expect(stressLifecycle(() => new Fragile(hooks))).rejects.toThrow(message);
  });
});

interface FragileHooks {
  start: (thing: Fragile) => unknown;
  stop: (thing: Fragile) => unknown;
}

/** What somebody would write without a Lifecycle. */
class Fragile {
  state = 'new';
  readonly #hooks: FragileHooks;

  constructor(hooks: FragileHooks) {
    this.#hooks = hooks;
  }

  start(): unknown {
    return this.#hooks.start(this);
  }

  stop(): unknown {
    return this.#hooks.stop(this);
  }
}
