import { describe, expect, it } from 'vitest';
import { OptionError } from '../job/errors/index.ts';
import { PoolEmitter } from './pool-events.ts';

describe('listening to a pool', () => {
  it('is refused for an event that there is not, such as one of BullMQ’s', () => {
    const on = (event: string, listener: unknown): unknown =>
      new PoolEmitter().on(event as 'dead', listener as () => void);
    expect(() => on('failed', () => undefined)).toThrow(OptionError);
    expect(() => on('failed', () => undefined)).toThrow(
      /^on: event must be one of .* retried,.* dead,.*, not "failed"$/,
    );
    expect(() => on('__proto__', () => undefined)).toThrow(OptionError);
    expect(() => on('dead', undefined)).toThrow('listener must be a function, not undefined');
  });

  it('ends with the function that it returned', () => {
    const events = new PoolEmitter();
    const heard: number[] = [];
    const off = events.on('draining', ({ busy }) => heard.push(busy));
    events.emit('draining', { busy: 1 });
    off();
    events.emit('draining', { busy: 2 });
    expect(heard).toEqual([1]);
  });
});
