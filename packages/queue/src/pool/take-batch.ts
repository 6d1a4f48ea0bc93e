import { poolDefaults } from '../job/pool-defaults.ts';

/** Removes from the front what fits into one batch. @param most how many at most */
export function takeBatch<Pending extends { readonly result: string }>(pending: Pending[], most: number): Pending[] {
  const { callMaxBytes } = poolDefaults;
  let count = 0;
  for (let bytes = 0; count < Math.min(pending.length, most); count += 1) {
    bytes += pending[count]?.result.length ?? 0;
    if (count > 0 && bytes > callMaxBytes) break;
  }
  return pending.splice(0, count);
}
