import { RetryLaterError } from '@sluice/queue/contracts';
import { expect, it } from 'vitest';
import { OwnShortage } from './own-shortage.ts';

const never = new AbortController().signal;

it('gives jobs back until no host has answered for as long as there is hope', async () => {
  const clock = { ms: 0 };
  const shortage = new OwnShortage({ holdMs: 0, limitMs: 1_000, now: () => clock.ms });
  await expect(shortage.wait(never)).rejects.toBeInstanceOf(RetryLaterError);
  clock.ms = 1_000;
  await expect(shortage.wait(never)).rejects.toBeInstanceOf(RetryLaterError);
  clock.ms = 1_001;
  await expect(shortage.wait(never)).resolves.toBeUndefined();
  shortage.isOver();
  await expect(shortage.wait(never)).rejects.toBeInstanceOf(RetryLaterError);
});

it('does not hold a job back that is interrupted', async () => {
  const shortage = new OwnShortage({ holdMs: 3_600_000 });
  await expect(shortage.wait(AbortSignal.abort())).rejects.toBeInstanceOf(RetryLaterError);
});
