import { expect, it } from 'vitest';
import { unlessAborted, untilAborted } from './until-aborted.ts';

async function* endless(): AsyncGenerator<number> {
  for (let n = 0; ; n += 1) yield n;
}

it('gives what the source gives, until the signal aborts', async () => {
  const over = new AbortController();
  const seen: number[] = [];
  for await (const n of untilAborted(endless(), over.signal)) {
    seen.push(n);
    if (n === 2) over.abort();
  }
  expect(seen).toEqual([0, 1, 2]);
});

it('leaves no listener behind, however long it goes on', async () => {
  const over = new AbortController();
  const { signal } = over;
  let listeners = 0;
  signal.addEventListener = new Proxy(signal.addEventListener, {
    apply: (target, self, args) => ((listeners += 1), Reflect.apply(target, self, args)),
  });
  signal.removeEventListener = new Proxy(signal.removeEventListener, {
    apply: (target, self, args) => ((listeners -= 1), Reflect.apply(target, self, args)),
  });
  for await (const n of untilAborted(endless(), signal)) if (n === 1_000) break;
  expect(listeners).toBe(0);
});

it('throws what the source throws', async () => {
  const { signal } = new AbortController();
  await expect(unlessAborted(Promise.reject(new Error('gone')), signal)).rejects.toThrow('gone');
});

it('does not wait for a promise that never settles', async () => {
  const over = new AbortController();
  const waiting = unlessAborted(new Promise(() => undefined), over.signal);
  over.abort();
  expect(await waiting).toBeNull();
  expect(await unlessAborted(new Promise(() => undefined), over.signal)).toBeNull();
});
