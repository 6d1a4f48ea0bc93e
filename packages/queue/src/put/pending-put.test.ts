import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import type { PendingPut } from './pending-put.ts';
import { SignalMonitor } from './pending-put.ts';

function putWith(signal: AbortSignal): PendingPut {
  return { signal } as PendingPut;
}

it('calls off all puts of a signal at once, with one listener, and none that was settled before', () => {
  const called: (readonly PendingPut[])[] = [];
  const watch = new SignalMonitor((puts) => called.push(puts));
  const { signal } = new AbortController();
  const puts = [putWith(signal), putWith(signal), putWith(signal)] as const;
  for (const put of puts) watch.add(put);
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  watch.remove(puts[1]);
  signal.dispatchEvent(new Event('abort'));
  expect(called).toEqual([[puts[0], puts[2]]]);
});

it('lets go of a signal when none of its puts is left', () => {
  const watch = new SignalMonitor(() => undefined);
  const { signal } = new AbortController();
  const put = putWith(signal);
  watch.add(put);
  watch.remove(put);
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});
