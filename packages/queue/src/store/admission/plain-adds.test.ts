import type { JobJson } from 'bullmq';
import { describe, expect, it } from 'vitest';
import { type PlainAdd, plainAddArguments, plainAddOf } from './plain-adds.ts';

const options = Buffer.from([0x81, 0xa1, 0x61, 0x01]);
const json = (opts: JobJson['opts'] = {}): JobJson => ({ data: '{"n":1}', opts }) as JobJson;
/** As BullMQ 6.7 passes them. */
const bullmqArgs = (...others: unknown[]): unknown[] => ['bull:q:', 'a', 'name', 17, ...others];
const nothing: readonly unknown[] = [null, null, undefined, undefined, null, null];

describe('a job that BullMQ would add by addStandardJob', () => {
  it('is plain when it has no parent, schedule or deduplication', () => {
    const plain = { id: 'a', name: 'name', at: 17, data: '{"n":1}', options };
    expect(plainAddOf(json(), options, bullmqArgs(...nothing))).toEqual(plain);
  });

  it.each([...nothing.keys()])('is not plain when BullMQ passes argument %i as well', (index) => {
    expect(plainAddOf(json(), options, bullmqArgs(...nothing.with(index, 'something')))).toBeUndefined();
  });

  it.each<JobJson['opts']>([{ lifo: true }, { deduplication: { id: 'd' } }])('is not plain with %o', (opts) => {
    expect(plainAddOf(json(opts), options, bullmqArgs(...nothing))).toBeUndefined();
  });

  it.each([
    [1, 5],
    [1, '\uD800'],
    [2, undefined],
    [2, '\uD800'],
    [3, 1.5],
    [3, '17'],
    [3, -1],
  ])('is left to BullMQ where its argument %i is %o, which Lua may print in another way', (index, value) => {
    expect(plainAddOf(json(), options, bullmqArgs(...nothing).with(index, value))).toBeUndefined();
  });
});

describe('the arguments of admit-adds.lua', () => {
  const add = (over: Partial<PlainAdd>): PlainAdd => ({ id: '', name: 'n', at: 1, data: '{}', options, ...over });
  /** Without the capacity. */
  const argsOf = (...adds: PlainAdd[]): unknown[] => plainAddArguments(10, adds).slice(1);

  it('say once what jobs in a row have in common', () => {
    const alike = Buffer.from(options);
    expect(argsOf(add({ data: '1' }), add({ data: '2', options: alike }))).toEqual([
      '2',
      '0',
      'n',
      '1',
      options,
      '1',
      '2',
    ]);
  });

  it('begin anew where the time, the name, the options or the presence of an id changes', () => {
    const others = [add({ at: 2 }), add({ name: 'm' }), add({ options: Buffer.from([0x80]) }), add({ id: 'a' })];
    for (const other of others) {
      expect(argsOf(add({}), other, add({})).filter((arg) => arg === '1' || arg === '0').length).toBeGreaterThan(5);
    }
  });

  it('give ids with the payloads', () => {
    const args = ['2', '1', 'n', '1', options, 'a', '1', 'b', '2'];
    expect(argsOf(add({ id: 'a', data: '1' }), add({ id: 'b', data: '2' }))).toEqual(args);
  });

  it('begin with the capacity', () => expect(plainAddArguments(10, [add({})])[0]).toBe('10'));
});
