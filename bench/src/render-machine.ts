import { type Machine, wasBusy } from './machine.ts';

/** One paragraph: when and on what the figures were taken, and whether others were at work there. */
export function renderMachine(machine: Machine, takenAt: string): string {
  const { cpu, cores, memoryGiB, system, node, redis, loadBefore } = machine;
  const libraries = Object.entries(machine.libraries).map(([name, version]) => `${name} ${version}`);
  const load = wasBusy(machine)
    ? `**The machine was busy with other work** (load ${loadBefore.toFixed(1)} before the start): trust the ratios, not the figures.`
    : `Nothing else was at work (load ${loadBefore.toFixed(1)} before the start).`;
  return [
    `Taken on ${takenAt.slice(0, 10)}: ${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system};`,
    `Node ${node}, Redis ${redis}, ${libraries.join(', ')}.`,
    load,
  ].join('\n');
}
