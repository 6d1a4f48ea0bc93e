import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { WorkersFailedError } from '../../cli-errors.ts';
import { testFolder } from '../../testing/test-folder.ts';
import { WorkerFleet } from './worker-fleet.ts';

const fleets: WorkerFleet[] = [];
afterEach(async () => {
  await Promise.all(fleets.splice(0).map((fleet) => fleet.stop({ drainMs: 0 })));
});

interface FleetSettings {
  size: number;
  env: Record<string, string>;
  folder: string;
  quickMs: number;
}

/** A fleet of processes that run `program`. */
async function fleetOf(
  program: string,
  { size = 1, env = {}, folder = '', quickMs = 60_000 }: Partial<FleetSettings> = {},
): Promise<{ fleet: WorkerFleet; notes: string[] }> {
  const entry = join(await testFolder(), folder, 'worker.mjs');
  await mkdir(dirname(entry), { recursive: true });
  await writeFile(entry, program);
  const notes: string[] = [];
  const fleet = new WorkerFleet({
    size,
    command: () => ({ entry: pathToFileURL(entry).href, env }),
    note: (line) => void notes.push(line),
    quickDeathsMax: 3,
    quickMs,
    restartDelayMs: 1,
  });
  fleets.push(fleet);
  return { fleet, notes };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const idle = 'setInterval(() => {}, 1_000); process.on("disconnect", () => process.exit());';

describe('WorkerFleet', () => {
  it('keeps as many processes running as it should, and stops them all', async () => {
    const { fleet } = await fleetOf(idle, { size: 3 });
    const pids = fleet.pids;
    expect(new Set(pids).size).toBe(3);
    await fleet.stop({ drainMs: 5_000 });
    expect(pids.map(isAlive)).toEqual([false, false, false]);
    expect(fleet.pids).toEqual([]);
  });

  it.each(['My Projects', 'größe', 'a#b', '50%', '%41?', 'Müller & Söhne #1 (50%)'])(
    'runs a program in a folder named %j',
    async (folder) => {
      const started = join(await testFolder(), 'started');
      const program = `import { writeFileSync } from 'node:fs'; writeFileSync(process.env.STARTED, ''); ${idle}`;
      const { notes } = await fleetOf(program, { folder, env: { STARTED: started } });
      await expect.poll(() => existsSync(started) || notes).toBe(true);
    },
  );

  it('starts another when one is killed', async () => {
    const { fleet, notes } = await fleetOf(idle);
    const [first = 0] = fleet.pids;
    process.kill(first, 'SIGKILL');
    await expect.poll(() => fleet.pids[0] ?? first).not.toBe(first);
    expect(notes).toEqual(['worker 1 died (SIGKILL); starting another']);
  });

  it('gives up on processes that die at their start, with their last lines', async () => {
    const { fleet, notes } = await fleetOf('console.error("no such module"); process.exit(3);');
    const failure = await fleet.failed.catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(WorkersFailedError);
    expect((failure as Error).message).toBe(
      'a worker process died 3 times in a row right after its start, last with exit code 3\n' +
        'its last lines:\n  no such module',
    );
    expect(notes).toHaveLength(2);
  });

  it.each([
    ['gives up on processes that never take jobs, however long their starts take', 'process.exit(3);', true],
    ['goes on with those that took some', 'process.send({ type: "ready" }, () => process.exit(3));', false],
  ])('%s', async (_, program, givesUp) => {
    const { fleet, notes } = await fleetOf(program, { quickMs: 0 });
    let failed = false;
    fleet.failed.catch(() => (failed = true));
    await expect.poll(() => failed || notes.length > 3).toBe(true);
    expect(failed).toBe(givesUp);
  });

  it('keeps why a process could not be started', async () => {
    const { fleet, notes } = await fleetOf(idle, { env: { MORE_THAN_A_SYSTEM_TAKES: 'x'.repeat(2 ** 20) } });
    const failure = await fleet.failed.catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'SLUICE_WORKERS', cause: { code: 'E2BIG' } });
    expect(notes).toHaveLength(2);
  });

  it('kills what does not end in time', async () => {
    const sign = join(await testFolder(), 'deaf');
    const program = `process.on("SIGTERM", () => {}); process.getBuiltinModule("fs").writeFileSync("${sign}", ""); ${idle}`;
    const { fleet } = await fleetOf(program);
    await expect.poll(() => existsSync(sign)).toBe(true);
    const pids = fleet.pids;
    await fleet.stop({ drainMs: 200 });
    expect(pids.map(isAlive)).toEqual([false]);
  });

  it('gives processes the environment of their command, and no other', async () => {
    const { fleet } = await fleetOf('console.log(JSON.stringify(process.env)); process.exit(1);', { env: { A: 'b' } });
    const failure = (await fleet.failed.catch((error: unknown) => error)) as Error;
    const names = Object.keys(JSON.parse(failure.message.slice(failure.message.lastIndexOf('{'))) as object);
    expect(names.filter((name) => !name.startsWith('NODE_CHANNEL') && !name.startsWith('__'))).toEqual(['A']);
  });

  it('puts processes where Ctrl-C of the terminal does not reach them', async () => {
    const { fleet } = await fleetOf(idle);
    const [pid = 0] = fleet.pids;
    // A process that leads a group of its own can be signalled as a group.
    expect(() => process.kill(-pid, 0)).not.toThrow();
  });
});
