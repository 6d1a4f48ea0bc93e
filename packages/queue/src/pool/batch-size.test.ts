import { describe, expect, it } from 'vitest';
import { batchSize } from './batch-size.ts';

describe('the size of a batch', () => {
  it.each([
    { when: 'few end with nothing in flight', load: [8, 0, 50], size: 8 },
    { when: 'many end with nothing in flight: they go in two calls', load: [50, 0, 50], size: 25 },
    { when: 'the first of them are in flight', load: [25, 25, 50], size: 38 },
    { when: 'little is in flight', load: [90, 4, 50], size: 8 },
    { when: 'half the slots are in flight', load: [50, 50, 50], size: 50 },
    { when: 'a call takes fewer than it could complete', load: [10, 5, 5], size: 5 },
    { when: 'all slots have been closed', load: [3, 0, 0], size: 1 },
  ] as const)('is $size when $when', ({ load: [pending, jobsInFlight, takeMost], size }) => {
    expect(batchSize({ pending, jobsInFlight, takeMost })).toBe(size);
  });

  it('lets two calls hold all that ends at once in a full pool', () => {
    for (let slots = 1; slots <= 200; slots += 1) {
      const takeMost = Math.ceil(slots / 2);
      const first = Math.min(batchSize({ pending: slots, jobsInFlight: 0, takeMost }), slots);
      const second = Math.min(batchSize({ pending: slots - first, jobsInFlight: first, takeMost }), slots - first);
      expect(first + second).toBe(slots);
    }
  });
});
