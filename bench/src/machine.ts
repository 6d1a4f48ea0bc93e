import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type CpuPinning, describePinning, type Pinning } from './cpu-pinning.ts';

/** On what the figures were taken. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  readonly redis: string;
  /** How many processes wanted a core, on average over the minute before the bench began. */
  readonly loadBefore: number;
  /** How processes were pinned to CPUs, or why they were not. Absent in figures of before it was told. */
  readonly pinning?: Pinning;
  /** Versions of the libraries. */
  readonly libraries: Readonly<Record<string, string>>;
}

const libraries = ['bullmq', 'bee-queue', 'ioredis', 'fastify'];

/** `pinning` is how this process was pinned: then it no longer sees all cores as its own. */
export function describeMachine(redisVersion: string, pinning: Pinning = 'it was not tried'): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: typeof pinning === 'string' ? availableParallelism() : coresOf(pinning),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release().split('-')[0] ?? ''}`,
    node: process.versions.node,
    redis: redisVersion,
    loadBefore: loadavg()[0] ?? 0,
    pinning,
    libraries: Object.fromEntries(libraries.map((name) => [name, versionOf(name)])),
  };
}

const coresOf = ({ store, others }: CpuPinning): number => [store, ...others.split(',')].length;

/** True when others wanted the cores: then the ratios still say something, the figures themselves little. */
function wasBusy({ loadBefore, cores }: Machine): boolean {
  return loadBefore > cores / 4;
}

function versionOf(library: string): string {
  const path = fileURLToPath(new URL(`../node_modules/${library}/package.json`, import.meta.url));
  const manifest: { version: string } = JSON.parse(readFileSync(path, 'utf8'));
  return manifest.version;
}

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
    ...(machine.pinning === undefined ? [] : [describePinning(machine.pinning)]),
  ].join('\n');
}
