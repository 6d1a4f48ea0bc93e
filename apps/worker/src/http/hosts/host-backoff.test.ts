import { describe, expect, it } from 'vitest';
import { HostBackoff, type HostBackoffOptions } from './host-backoff.ts';

function backoffAtZero(options: HostBackoffOptions = {}) {
  const clock = { ms: 0 };
  return { clock, backoff: new HostBackoff({ now: () => clock.ms, ...options }) };
}

describe('HostBackoff', () => {
  it('lets a host be asked that never refused', () => {
    expect(backoffAtZero().backoff.pauseOf('a:80')).toBeNull();
  });

  it('leaves a host alone for as long as it asked, and no other host', () => {
    const { backoff, clock } = backoffAtZero();
    backoff.refused('a:80', 7_000);
    expect(backoff.pauseOf('a:80')).toEqual({ remainingMs: 7_000, asked: true, hopeless: false });
    expect(backoff.pauseOf('b:80')).toBeNull();
    clock.ms = 6_999;
    expect(backoff.pauseOf('a:80')).toEqual({ remainingMs: 1, asked: true, hopeless: false });
    clock.ms = 7_000;
    expect(backoff.pauseOf('a:80')).toBeNull();
  });

  it('keeps to a pause of hours, and cuts one of years to the longest', () => {
    const { backoff } = backoffAtZero({ longestAskedMs: 86_400_000 });
    backoff.refused('a:80', 7_200_000);
    expect(backoff.pauseOf('a:80')?.remainingMs).toBe(7_200_000);
    backoff.refused('b:80', 31_536_000_000);
    expect(backoff.pauseOf('b:80')?.remainingMs).toBe(86_400_000);
  });

  it('blames the pages for a few refusals without a time, unless no other answer comes between', () => {
    const { backoff } = backoffAtZero({ tolerated: 2 });
    for (let i = 0; i < 5; i += 1) {
      backoff.refused('a:80', null);
      backoff.refused('a:80', null);
      expect(backoff.pauseOf('a:80')).toBeNull();
      backoff.answered('a:80');
    }
    for (let i = 0; i < 3; i += 1) backoff.refused('a:80', null);
    expect(backoff.pauseOf('a:80')).toEqual({ remainingMs: 1_000, asked: false, hopeless: false });
  });

  it('doubles its own pauses up to the longest, while refusals follow each other', () => {
    const { backoff, clock } = backoffAtZero({ tolerated: 0, firstPauseMs: 1_000, longestPauseMs: 5_000 });
    const pauses = [1, 2, 3, 4, 5].map(() => {
      backoff.refused('a:80', null);
      const pauseMs = backoff.pauseOf('a:80')?.remainingMs ?? 0;
      clock.ms += pauseMs;
      return pauseMs;
    });
    expect(pauses).toEqual([1_000, 2_000, 4_000, 5_000, 5_000]);
  });

  it('counts refusals that arrive during a pause as one, and never shortens the pause', () => {
    const { backoff, clock } = backoffAtZero({ tolerated: 0, firstPauseMs: 1_000 });
    backoff.refused('a:80', 10_000);
    clock.ms = 500;
    for (let i = 0; i < 20; i += 1) backoff.refused('a:80', null);
    expect(backoff.pauseOf('a:80')).toEqual({ remainingMs: 9_500, asked: true, hopeless: false });
  });

  it('starts over once the host has answered', () => {
    const { backoff, clock } = backoffAtZero({ tolerated: 0, firstPauseMs: 1_000 });
    backoff.refused('a:80', null);
    clock.ms = 1_000;
    backoff.answered('a:80');
    backoff.refused('a:80', null);
    expect(backoff.pauseOf('a:80')?.remainingMs).toBe(1_000);
  });

  it('keeps the pause when an answer to an earlier request comes late', () => {
    const { backoff } = backoffAtZero();
    backoff.refused('a:80', 5_000);
    backoff.answered('a:80');
    expect(backoff.pauseOf('a:80')?.remainingMs).toBe(5_000);
  });

  it('calls a host hopeless after a number of refusals in a row that name no time', () => {
    const { backoff, clock } = backoffAtZero({ tolerated: 0, ownPausesMax: 2 });
    const hopeless = [1, 2, 3].map(() => {
      backoff.refused('a:80', null);
      const pause = backoff.pauseOf('a:80');
      clock.ms += pause?.remainingMs ?? 0;
      return pause?.hopeless;
    });
    expect(hopeless).toEqual([false, false, true]);
  });

  it('never calls a host hopeless that names a time', () => {
    const { backoff, clock } = backoffAtZero({ tolerated: 0, ownPausesMax: 2 });
    for (let i = 0; i < 50; i += 1) {
      backoff.refused('a:80', 1_000);
      expect(backoff.pauseOf('a:80')).toEqual({ remainingMs: 1_000, asked: true, hopeless: false });
      clock.ms += 1_000;
    }
  });

  it('forgets the host that it has not heard of for the longest when there are too many', () => {
    const { backoff } = backoffAtZero({ hostsMax: 2 });
    backoff.refused('a:80', 5_000);
    backoff.refused('b:80', 5_000);
    backoff.refused('a:80', 6_000);
    backoff.refused('c:80', 5_000);
    expect(backoff.pauseOf('a:80')).not.toBeNull();
    expect(backoff.pauseOf('b:80')).toBeNull();
    expect(backoff.pauseOf('c:80')).not.toBeNull();
  });
});
