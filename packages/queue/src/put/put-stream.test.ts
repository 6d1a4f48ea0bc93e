import { describe, expect, it } from 'vitest';
import { PutUnknownError } from '../job/errors/index.ts';
import type { Payloads } from './payload-source.ts';
import { PutStream, type PutStreamOptions } from './put-stream.ts';
import type { Receipt } from './pending-put.ts';

const broken = new Error('the source broke');

/** Puts that are answered when the test says so. */
class Scripted {
  /** Payloads that were put, in their order. */
  readonly put: number[] = [];
  readonly calledOff: number[] = [];
  readonly #answers = new Map<number, PromiseWithResolvers<Receipt>>();
  readonly stream: PutStream<number, Receipt, string>;

  constructor(
    payloads: Payloads<number>,
    { acceptsAll = false, ...options }: Partial<PutStreamOptions<number>> & { acceptsAll?: boolean } = {},
  ) {
    this.stream = new PutStream<number, Receipt, string>(
      { payloads, window: 10, order: 'input', signals: [], ...options },
      {
        put: (payload, _, signal) => {
          this.put.push(payload);
          if (acceptsAll) this.accept(payload);
          signal.addEventListener('abort', () => this.calledOff.push(payload));
          return this.#answerOf(payload).promise;
        },
        finish: ({ payload }) => `in ${payload}`,
        unfinished: ({ payload }) => `left ${payload}`,
      },
    );
  }

  accept(...payloads: number[]): void {
    for (const payload of payloads) this.#answerOf(payload).resolve({ id: String(payload) } as Receipt);
  }

  refuse(payload: number, error: unknown): void {
    this.#answerOf(payload).reject(error);
  }

  #answerOf(payload: number): PromiseWithResolvers<Receipt> {
    const answer = this.#answers.get(payload) ?? Promise.withResolvers<Receipt>();
    this.#answers.set(payload, answer);
    return answer;
  }
}

/** A source that is asked for its next payload and never answers. */
function stuckAfter(...payloads: number[]) {
  const stuck = Promise.withResolvers<IteratorResult<number>>();
  const source = {
    isEnded: false,
    [Symbol.asyncIterator]: () => ({
      next: (): Promise<IteratorResult<number>> => {
        const value = payloads.shift();
        return value === undefined ? stuck.promise : Promise.resolve({ value, done: false });
      },
      return: () => {
        source.isEnded = true;
        return stuck.promise;
      },
    }),
  };
  return source;
}

async function read(stream: AsyncGenerator<string>): Promise<{ values: string[]; error: unknown }> {
  const values: string[] = [];
  try {
    for await (const value of stream) values.push(value);
  } catch (error) {
    return { values, error };
  }
  return { values, error: null };
}

describe('a stream of puts', () => {
  it('gives what is there, and waits for no further payload', async () => {
    const { stream, put } = accepting(stuckAfter(1, 2));
    expect(await stream.next()).toEqual({ value: 'in 1', done: false });
    expect(await stream.next()).toEqual({ value: 'in 2', done: false });
    expect(put).toEqual([1, 2]);
  });

  it('serves a source that gives its next payload only when the one before was seen', async () => {
    let seen = Promise.withResolvers<void>();
    async function* lockstep() {
      for (const payload of [1, 2, 3]) {
        yield payload;
        await seen.promise;
        seen = Promise.withResolvers();
      }
    }
    const values: string[] = [];
    for await (const value of accepting(lockstep()).stream) {
      values.push(value);
      seen.resolve();
    }
    expect(values).toEqual(['in 1', 'in 2', 'in 3']);
  });

  it.each([
    ['list', () => [1, 2, 3]],
    ['list of promises', () => [1, 2, 3].map((n) => Promise.resolve(n)) as unknown as number[]],
    ['set', () => new Set([1, 2, 3])],
    ['stream', () => ReadableStream.from([1, 2, 3])],
  ])('reads a %s', async (_, payloads) => {
    expect(await read(accepting(payloads() as Payloads<number>).stream)).toEqual({
      values: ['in 1', 'in 2', 'in 3'],
      error: null,
    });
  });

  it.each([
    ['input', ['in 1', 'in 2', 'in 3']],
    ['completion', ['in 2', 'in 3', 'in 1']],
  ] as const)('keeps the order of %s', async (order, values) => {
    const scripted = new Scripted([1, 2, 3], { order });
    const reading = read(scripted.stream);
    scripted.accept(2, 3);
    await turn();
    scripted.accept(1);
    expect(await reading).toEqual({ values, error: null });
  });

  it('reads no further ahead than its window', async () => {
    const scripted = accepting(numbers(), { window: 3 });
    await scripted.stream.next();
    await turn();
    expect(scripted.put).toEqual([0, 1, 2, 3]); // one was given, three were not
    await scripted.stream.return();
  });

  it('touches neither source nor queue before it is read, nor when it is left before', async () => {
    const scripted = accepting(numbers());
    await turn();
    await scripted.stream.return();
    expect(await scripted.stream.next()).toEqual({ value: undefined, done: true });
    expect(scripted.put).toEqual([]);
  });
});

describe('a stream of puts that ends with an error', () => {
  async function* breaking() {
    yield* [1, 2, 3];
    throw broken;
  }

  it('gives first what is in', async () => {
    const scripted = new Scripted(breaking());
    const reading = read(scripted.stream);
    await until(() => scripted.calledOff.length === 3);
    scripted.accept(3, 1);
    scripted.refuse(2, new Error('called off'));
    expect(await reading).toEqual({ values: ['in 1', 'in 3'], error: broken });
  });

  it('puts nothing more, and ends its source', async () => {
    const source = stuckAfter(1, 2, 3);
    const scripted = new Scripted(source);
    const reading = read(scripted.stream);
    await until(() => scripted.put.length === 3);
    scripted.refuse(2, broken);
    scripted.accept(1, 3);
    expect(await reading).toEqual({ values: ['in 1', 'in 3'], error: broken });
    expect(source.isEnded).toBe(true);
    expect(await scripted.stream.next()).toEqual({ value: undefined, done: true });
  });

  it('gives what is in and unfinished in its own way', async () => {
    const stream = new PutStream<number, Receipt, string>(
      { payloads: [1, 2], window: 10, order: 'completion', signals: [] },
      {
        put: () => Promise.resolve({ id: 'x' } as Receipt),
        finish: ({ payload }, signal) =>
          payload === 1 ? Promise.reject(broken) : new Promise((_, reject) => signal.addEventListener('abort', reject)),
        unfinished: ({ payload }) => `left ${payload}`,
      },
    );
    expect(await read(stream)).toEqual({ values: ['left 1', 'left 2'], error: broken });
  });

  it('says first of all that a put may be in', async () => {
    const scripted = new Scripted(breaking());
    const reading = read(scripted.stream);
    await until(() => scripted.calledOff.length === 3);
    scripted.accept(1, 2);
    scripted.refuse(3, new PutUnknownError('q', '3'));
    const { values, error } = await reading;
    expect(values).toEqual(['in 1', 'in 2']);
    expect(error).toMatchObject({ code: 'SLUICE_PUT_UNKNOWN', maybeAdded: true, jobId: '3', cause: broken });
  });

  it.each([
    ['before', 0],
    ['while', 2],
  ])('is ended by a signal %s it reads', async (_, ahead) => {
    const controller = new AbortController();
    const scripted = accepting(stuckAfter(1, 2), { signals: [new AbortController().signal, controller.signal] });
    const reading = ahead === 0 ? undefined : read(scripted.stream);
    await until(() => scripted.put.length === ahead);
    controller.abort(broken);
    const values = ahead === 0 ? [] : ['in 1', 'in 2'];
    expect(await (reading ?? read(scripted.stream))).toEqual({ values, error: broken });
    expect(scripted.put).toHaveLength(ahead);
  });
});

describe('a stream of puts that its reader leaves', () => {
  it('ends at once for a reader who waits, and after the answers to what was sent for one who leaves', async () => {
    const source = stuckAfter(1, 2);
    const scripted = new Scripted(source);
    const waiting = scripted.stream.next();
    await until(() => scripted.put.length === 2);
    let isLeft = false;
    const leaving = scripted.stream.return().then(() => (isLeft = true));
    expect(scripted.calledOff).toEqual([1, 2]);
    expect(await waiting).toEqual({ value: undefined, done: true });
    await turn();
    expect(isLeft).toBe(false);
    scripted.accept(1);
    scripted.refuse(2, new Error('called off'));
    await leaving;
    expect(source.isEnded).toBe(true);
  });

  it('throws what its reader throws into it, and is over', async () => {
    const scripted = accepting(numbers());
    await scripted.stream.next();
    await expect(scripted.stream.throw(broken)).rejects.toBe(broken);
    expect(await scripted.stream.next()).toEqual({ value: undefined, done: true });
  });

  it('waits for the end of its source, and passes on what that throws', async () => {
    const source = {
      [Symbol.iterator]: () => ({
        next: () => ({ value: 1, done: false }),
        return: () => {
          throw broken;
        },
      }),
    };
    const reading = (async () => {
      for await (const _ of accepting(source).stream) break;
    })();
    await expect(reading).rejects.toBe(broken);
  });
});

/** Every put is accepted at once. */
function accepting(payloads: Payloads<number>, options: Partial<PutStreamOptions<number>> = {}): Scripted {
  return new Scripted(payloads, { acceptsAll: true, ...options });
}

function* numbers(): Generator<number> {
  for (let n = 0; ; n += 1) yield n;
}

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await turn();
}
