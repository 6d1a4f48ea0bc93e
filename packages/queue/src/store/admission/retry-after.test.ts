import { describe, expect, it } from 'vitest';
import { producerDefaults } from '../../job/defaults.ts';
import { retryAfter } from './retry-after.ts';

const still = () => 0;

describe('retryAfter', () => {
  it('is the time in which one job ends at the pace of the last ten seconds', () => {
    expect(retryAfter({ ended: 20, ahead: 0 }, still)).toBe(500);
  });

  it('is longer by those who have free capacity first', () => {
    expect(retryAfter({ ended: 20, ahead: 3 }, still)).toBe(2_000);
  });

  it('is a cautious guess when nothing drains', () => {
    expect(retryAfter({ ended: 0, ahead: 9 }, still)).toBe(producerDefaults.retryAfterIdleMs);
  });

  it('stays within its bounds', () => {
    expect(retryAfter({ ended: 1_000_000, ahead: 0 }, still)).toBe(producerDefaults.retryAfterMinMs);
    expect(retryAfter({ ended: 1, ahead: 31 }, still)).toBe(producerDefaults.retryAfterMaxMs);
  });

  it('is spread, so that those who were refused together do not come back together', () => {
    expect(retryAfter({ ended: 10, ahead: 0 }, () => 1)).toBe(1_250);
  });
});
