import { randomUUID } from 'node:crypto';
import { open, readdir, readFile, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProcessIdentity } from './process-identity.ts';

/** What a lease file says. Every text of one lease has the same length, so that it is replaced in place and never torn. */
export interface LeaseRecord extends ProcessIdentity {
  /** Of this one lease. */
  readonly id: string;
  readonly state: 'held' | 'over';
  /**
   * The last lease of this folder whose owner before was only silent, and so may wake up; 0 when there was none. Kept from
   * lease to lease, so that it is known also when that owner died at once.
   */
  readonly silentBefore: number;
  /** Counts the heartbeats. */
  readonly beat: number;
}

const LEASE_FILE = /^lease\.(\d{1,15})$/;

/** Whether a file of this name in a folder is one of its leases. */
export function isLeaseFile(name: string): boolean {
  return LEASE_FILE.test(name);
}

export function leasePath(dir: string, number: number): string {
  return join(dir, `lease.${number}`);
}

/** The numbers of the leases in a folder. */
export async function listLeases(dir: string): Promise<number[]> {
  const names = await readdir(dir);
  return names.flatMap((name) => LEASE_FILE.exec(name)?.[1] ?? []).map(Number);
}

/** As it stands there; null when there is no such file. */
export async function readLease(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
}

/** Null for what its owner has not written yet. */
export function parseLease(text: string): LeaseRecord | null {
  try {
    const { beat, ...record } = JSON.parse(text) as Omit<LeaseRecord, 'beat'> & { beat: string };
    return { ...record, beat: Number(beat) };
  } catch {
    return null;
  }
}

/**
 * Makes the lease that follows the one before (number 0 for none), which had this text. The file is made by one process only.
 *
 * @returns null when another process was faster, or the one before is no longer what it was
 */
export async function createNextLease(
  dir: string,
  before: { readonly number: number; readonly text: string; readonly wasSilent?: boolean },
  owner: ProcessIdentity,
): Promise<{ number: number; record: LeaseRecord } | null> {
  const number = before.number + 1;
  const path = leasePath(dir, number);
  const silentBefore = before.wasSilent === true ? number : (parseLease(before.text)?.silentBefore ?? 0);
  const record: LeaseRecord = { ...owner, id: randomUUID(), state: 'held', silentBefore, beat: 0 };
  if (!(await createLease(path, record))) return null;
  const others = (await listLeases(dir)).filter((other) => other !== number);
  const isNext = before.number === 0 || (await readLease(leasePath(dir, before.number))) === before.text;
  // Its owner woke up, or what was taken for the last one was long past, or the folder was made anew meanwhile.
  if (!isNext || others.some((other) => other > number)) {
    await rm(path, { force: true });
    return null;
  }
  for (const other of others) await rm(leasePath(dir, other), { force: true });
  return { number, record };
}

/** False when it is there. */
async function createLease(path: string, record: LeaseRecord): Promise<boolean> {
  let file: FileHandle;
  try {
    file = await open(path, 'wx', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  try {
    await file.writeFile(render(record));
  } finally {
    await file.close();
  }
  return true;
}

/**
 * Replaces what the file says, if it is still that lease's. It is opened for each time: on network file systems others see
 * what was written when it is closed.
 *
 * @returns false when the file is gone, or another lease's
 */
export async function rewriteLease(path: string, record: LeaseRecord): Promise<boolean> {
  let file: FileHandle;
  try {
    file = await open(path, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
  try {
    if (parseLease(await file.readFile('utf8'))?.id !== record.id) return false;
    await file.write(render(record), 0);
    return true;
  } finally {
    await file.close();
  }
}

function render({ beat, ...record }: LeaseRecord): string {
  return `${JSON.stringify({ ...record, beat: String(beat).padStart(12, '0') })}\n`;
}
