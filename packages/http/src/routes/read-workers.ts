import type { Admin, ListedPool } from '@sluice/queue';
import type { ConsoleWorkers } from './console/console-feed.ts';

/** Reads who works on a queue, and what limits them. */
export async function readWorkers(admin: Pick<Admin, 'pools' | 'limits'>): Promise<ConsoleWorkers> {
  const [{ pools }, limits] = await Promise.all([admin.pools.list(), admin.limits.get()]);
  const ofJobs = Object.values(limits.jobs);
  return {
    slots: pools.reduce((sum, { about }) => sum + (about?.slots ?? 0), 0),
    versions: differingVersions(pools),
    heldBack: limits.heldBack,
    isLimited:
      [limits, ...ofJobs].some(({ running, rate }) => running !== null || rate !== null) ||
      ofJobs.some(({ paused }) => paused),
  };
}

/** `email.send@1, @2`: what some pools have in another version than others. Those that are ending do not count. */
export function differingVersions(pools: readonly Pick<ListedPool, 'about'>[]): string[] {
  const versions = new Map<string, Set<string>>();
  const note = (of: string, version: string): void =>
    void versions.set(of, (versions.get(of) ?? new Set()).add(version));
  for (const { about } of pools) {
    if (about?.kind !== 'pool' || about.state !== 'running') continue;
    note('sluice', about.version);
    for (const { name, version } of about.contracts) note(name, String(version));
  }
  return [...versions]
    .filter(([, of]) => of.size > 1)
    .map(
      ([name, of]) => `${name}@${[...of].toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true })).join(', @')}`,
    );
}
