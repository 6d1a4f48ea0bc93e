import assert from 'node:assert/strict';

/** Anything long-lived that is built on a Lifecycle. */
export interface Startable {
  /** Starts it; the result is awaited. */
  start(): unknown;
  /** Stops it; the result is awaited. */
  stop(): unknown;
  /** `running` once started, `stopped` once stopped. */
  readonly state: string;
}

export interface StressOptions<T> {
  /**
   * Called with the stopped object after each order of calls, to assert that no connection, timer or process is left.
   *
   * @default nothing
   */
  check?: (stopped: T) => void | Promise<void>;
  /**
   * How often all orders are run.
   *
   * @default 3
   */
  rounds?: number;
}

type Step = 'start' | 'stop' | 'turn';

/**
 * Every order of calls that a long-lived object must accept. Steps of one list are called at once, each list after all
 * calls of the previous list have settled. Each order ends with one more stop, and one more start that must not succeed.
 */
const orders: readonly (readonly (readonly Step[])[])[] = [
  [['stop']],
  [['start'], ['stop']],
  [['start', 'start'], ['stop']],
  [['start'], ['start'], ['stop']],
  [['start'], ['stop', 'stop']],
  [['start'], ['stop', 'start']],
  [['start', 'stop']],
  [['start', 'turn', 'stop']],
  [['stop', 'start']],
  [['start', 'stop', 'start', 'stop']],
];

/**
 * Runs new objects through every order of start and stop, and asserts that a start without a
 * stop succeeds, that no stop fails, that each object ends stopped, and that none runs again once stopped.
 *
 * ```ts
 * it('can be started and stopped in any order', () => stressLifecycle(() => new Poller(redis)));
 * ```
 *
 * @throws AssertionError that names the order of calls; a call that never settles shows as the test's own timeout
 */
export async function stressLifecycle<T extends Startable>(
  make: () => T | Promise<T>,
  { check, rounds = 3 }: StressOptions<T> = {},
): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    for (const order of orders) {
      const thing = await make();
      await runOrder(thing, order);
      await check?.(thing);
    }
  }
}

async function runOrder(thing: Startable, order: readonly (readonly Step[])[]): Promise<void> {
  const name = order.map((steps) => steps.join(' + ')).join(', then ');
  for (const steps of order) {
    const outcomes = await callAtOnce(thing, steps);
    for (const { step, error } of outcomes) {
      const mayFail = step === 'start' && steps.includes('stop');
      if (error !== undefined && !mayFail) fail(`${name}: ${step} failed`, error);
    }
    if (steps.every((step) => step === 'start'))
      assert.equal(thing.state, 'running', `${name}: the state once started`);
  }
  await assertStopped(thing, name);
}

async function assertStopped(thing: Startable, name: string): Promise<void> {
  const [stop] = await callAtOnce(thing, ['stop']);
  if (stop?.error !== undefined) fail(`${name}: the last stop failed`, stop.error);
  assert.equal(thing.state, 'stopped', `${name}: the state at the end`);
  await callAtOnce(thing, ['start']);
  assert.equal(thing.state, 'stopped', `${name}: it was started again after a stop`);
}

async function callAtOnce(thing: Startable, steps: readonly Step[]): Promise<{ step: Step; error?: unknown }[]> {
  const calls: Promise<{ step: Step; error?: unknown }>[] = [];
  for (const step of steps) {
    if (step === 'turn') await turn();
    else calls.push(outcomeOf(thing, step));
  }
  return Promise.all(calls);
}

async function outcomeOf(thing: Startable, step: 'start' | 'stop'): Promise<{ step: Step; error?: unknown }> {
  try {
    await thing[step]();
    return { step };
  } catch (error) {
    return { step, error };
  }
}

function fail(message: string, cause: unknown): never {
  const error = new assert.AssertionError({ message: `${message}: ${String(cause)}` });
  error.cause = cause;
  throw error;
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
