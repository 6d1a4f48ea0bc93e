import { describe, expect, it } from 'vitest';
import { capacityEffect } from './capacity-effect.ts';

const queue = { depth: 112, capacity: 200, waiters: { producers: 0, puts: 0 } };

describe('the effect of another capacity', () => {
  it('counts the jobs that would be over', () => {
    expect(capacityEffect(queue, 100)).toEqual({
      level: 'warn',
      text: '12 jobs over: 112 are in the queue. None of them is removed; no put gets in until 12 have ended.',
    });
    expect(capacityEffect(queue, 112)).toEqual({ level: 'warn', text: 'The queue is full then: 112 of 112.' });
  });

  it('says how much would be free, and how many waiting puts get in', () => {
    expect(capacityEffect(queue, 113)).toEqual({ level: 'plain', text: 'Free capacity for 1 job.' });
    const full = { depth: 200, capacity: 200, waiters: { producers: 2, puts: 9 } };
    expect(capacityEffect(full, 205).text).toBe('Free capacity for 5 jobs. 5 of 9 waiting puts can get in at once.');
    expect(capacityEffect(full, 1_000).text).toBe(
      'Free capacity for 800 jobs. 9 of 9 waiting puts can get in at once.',
    );
  });
});
