import { randomUUID } from 'node:crypto';
import { link, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LaunchedServer } from './launched-server.ts';

/**
 * Who runs which server on a data folder. It lies in that folder, so that a later process finds what an earlier one left.
 * `starting` is a claim: its owner is about to start a server there.
 */
export type ServerRecord =
  | { readonly state: 'ended' }
  | { readonly state: 'starting'; readonly ownerPid: number }
  | RunningRecord;

export interface RunningRecord extends Omit<LaunchedServer, 'guardian'> {
  readonly state: 'running';
  /** The process that started the server, or adopted it. */
  readonly ownerPid: number;
  /** The processes that end the server when its owner is gone. */
  readonly guardianPids: readonly number[];
}

/**
 * The right to run a server on a folder. Claims are numbered, each has a file, and the highest number holds: whoever finds
 * claim n ended or dead makes n + 1, which only one can. The highest file is never deleted, so no number comes twice.
 * (One file that is deleted and made again would let two processes, both having seen the same dead one, delete each
 * other's.)
 */
export interface Claim {
  readonly dir: string;
  readonly number: number;
}

/** The record of the claim that holds. */
export async function readServerRecord(dir: string): Promise<{ record: ServerRecord; claim: Claim }> {
  const number = Math.max(0, ...(await listClaims(dir)));
  const text = number === 0 ? '' : await readFile(fileOf({ dir, number }), 'utf8').catch(() => '');
  return { record: text === '' ? { state: 'ended' } : (JSON.parse(text) as ServerRecord), claim: { dir, number } };
}

/** Makes the claim that follows a dead one. Null when another process was faster. */
export async function claimAfter({ dir, number: dead }: Claim): Promise<Claim | null> {
  const claim: Claim = { dir, number: dead + 1 };
  const draft = await writeDraft(claim, { state: 'starting', ownerPid: process.pid });
  try {
    await link(draft, fileOf(claim)); // makes the whole file in one step, and fails when it is there
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return null;
    throw error;
  } finally {
    await rm(draft);
  }
  const others = (await listClaims(dir)).filter((number) => number !== claim.number);
  if (others.some((number) => number > claim.number)) return null; // what we took for the last one was long past
  for (const number of others) await rm(fileOf({ dir, number }), { force: true });
  return claim;
}

export async function recordServer(claim: Claim, { guardian, ...server }: LaunchedServer): Promise<void> {
  const { guards } = await guardian.pids;
  await replaceRecord(claim, { state: 'running', ownerPid: process.pid, guardianPids: guards, ...server });
}

/** Gives the claim up: the next one may follow. A record that cannot be written does no harm, for nobody believes it unchecked. */
export async function endClaim(claim: Claim): Promise<void> {
  await replaceRecord(claim, { state: 'ended' }).catch(() => undefined);
}

/** In one step: a reader sees the old record or the new one, never half. */
async function replaceRecord(claim: Claim, record: ServerRecord): Promise<void> {
  await rename(await writeDraft(claim, record), fileOf(claim));
}

async function writeDraft({ dir }: Claim, record: ServerRecord): Promise<string> {
  const draft = join(dir, `redis-server.${randomUUID()}.draft`);
  await writeFile(draft, `${JSON.stringify(record)}\n`, { mode: 0o600 });
  return draft;
}

function fileOf({ dir, number }: Claim): string {
  return join(dir, `redis-server.${number}.json`);
}

async function listClaims(dir: string): Promise<number[]> {
  const names = await readdir(dir);
  return names.flatMap((name) => /^redis-server\.(\d+)\.json$/.exec(name)?.[1] ?? []).map(Number);
}
