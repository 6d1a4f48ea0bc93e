import { execFile } from 'node:child_process';
import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { promisify } from 'node:util';
import { findShortage } from './shortage.ts';

/** A process, distinguished from every other one that ever had its number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** In whatever form the system gives it; empty where it gives none. */
  readonly startedAt: string;
  /** Within what its number means something: one boot of one kernel, and one namespace of process numbers. Empty when unknown. */
  readonly space: string;
  /** For people: names of hosts are not unique. */
  readonly host: string;
}

/** `elsewhere`: on another host, in another container, or before a restart of the machine. Its number means nothing here. */
export type Whereabouts = 'alive' | 'dead' | 'elsewhere';

/** @throws what the system says when it is short of descriptors or memory */
export async function identifyProcess(pid: number = process.pid): Promise<ProcessIdentity> {
  return { pid, startedAt: await startOf(pid), space: await ownSpace(), host: hostname() };
}

/** @throws what the system says when it is short of descriptors or memory */
export async function whereaboutsOf({ pid, startedAt, space }: ProcessIdentity): Promise<Whereabouts> {
  if (space === '' || startedAt === '' || space !== (await ownSpace())) return 'elsewhere';
  return (await startOf(pid)) === startedAt ? 'alive' : 'dead';
}

let space: Promise<string> | null = null;

async function ownSpace(): Promise<string> {
  space ??= readSpace().catch(unlessShort(''));
  try {
    return await space;
  } catch (error) {
    space = null; // it passes
    throw error;
  }
}

async function readSpace(): Promise<string> {
  if (process.platform === 'darwin') return bootOf(await run('sysctl', '-n', 'kern.bootsessionuuid'));
  if (process.platform !== 'linux') return '';
  // Where /proc is that of another namespace, its numbers are not ours.
  if ((await readlink('/proc/self')) !== String(process.pid)) return '';
  const boot = bootOf(await readFile('/proc/sys/kernel/random/boot_id', 'utf8'));
  return boot === '' ? '' : `${boot} ${await readlink('/proc/self/ns/pid')}`;
}

function bootOf(text: string): string {
  return /^[\da-f-]{36}$/i.exec(text.trim())?.[0] ?? '';
}

/** Empty when there is no such process. */
async function startOf(pid: number): Promise<string> {
  if (process.platform !== 'linux') return run('ps', '-o', 'lstart=', '-p', String(pid)).catch(unlessShort(''));
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(unlessShort(''));
  // Field 22, counted behind the command name, which may hold spaces and brackets. A zombie (Z) holds nothing any more.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? '' : (fields[19] ?? '');
}

/** A process that cannot be looked at for want of descriptors is not a dead one. */
function unlessShort(otherwise: string): (error: unknown) => string {
  return (error) => {
    if (findShortage(error) !== null) throw error;
    return otherwise;
  };
}

async function run(program: string, ...args: string[]): Promise<string> {
  return (await promisify(execFile)(program, args)).stdout.trim();
}
