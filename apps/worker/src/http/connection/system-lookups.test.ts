import type { lookup, LookupAddress } from 'node:dns';
import { expect, it } from 'vitest';
import { SystemLookups } from './system-lookups.ts';

type Done = (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void;

const neverAborted = new AbortController().signal;
const found: LookupAddress[] = [{ address: '192.0.2.1', family: 4 }];

/** A system that answers when a test says so. */
function slowSystem() {
  const open: { name: string; done: Done }[] = [];
  const slowLookup = (name: string, _options: unknown, done: Done) => void open.push({ name, done });
  return { open, lookups: new SystemLookups({ atOnce: 2, lookup: slowLookup as typeof lookup }) };
}

it('asks for a few names at a time, each in its turn', async () => {
  const { open, lookups } = slowSystem();
  const results = ['a', 'b', 'c', 'd'].map((name) => lookups.addressesOf(name, neverAborted));
  expect(open.map(({ name }) => name)).toEqual(['a', 'b']);
  open[1]?.done(null, found);
  expect(await results[1]).toEqual(found);
  expect(open.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  open[0]?.done(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), []);
  await expect(results[0]).rejects.toMatchObject({ code: 'ENOTFOUND' });
  expect(open.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd']);
  for (const { done } of open.slice(2)) done(null, found);
  expect(await Promise.all(results.slice(2))).toEqual([found, found]);
});

it('does not ask for names that nobody waits for any more', async () => {
  const { open, lookups } = slowSystem();
  const gone = new AbortController();
  const first = [lookups.addressesOf('a', neverAborted), lookups.addressesOf('b', neverAborted)];
  const given = Array.from({ length: 100 }, (_, n) => lookups.addressesOf(`gone${n}`, gone.signal));
  const last = lookups.addressesOf('c', neverAborted);
  gone.abort();
  open[0]?.done(null, found);
  expect((await Promise.allSettled(given)).every(({ status }) => status === 'rejected')).toBe(true);
  expect(open.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  for (const { done } of open) done(null, found);
  expect(await Promise.all([...first, last])).toEqual([found, found, found]);
});
