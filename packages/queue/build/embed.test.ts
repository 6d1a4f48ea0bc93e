import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LeaseThreadProgram } from '../src/leases/main/lease-thread-program.ts';
import { packageVersion } from '../src/job/package-version.ts';
import { embed } from './embed.ts';

let folder: URL;
beforeAll(async () => {
  folder = pathToFileURL(`${await mkdtemp(`${tmpdir()}/sluice-embedded-`)}/`);
  await embed(folder);
});
afterAll(() => rm(folder, { recursive: true }));

const load = async (file: string): Promise<unknown> => import(new URL(file, folder).href);

describe('what the build embeds', () => {
  it('is each Lua file as the sources read it', async () => {
    const lua = new URL('../lua/', import.meta.url);
    const files = (await readdir(lua, { recursive: true })).filter((file) => file.endsWith('.lua'));
    const read = files.map(async (file) => [file, await readFile(new URL(file, lua), 'utf8')] as const);
    expect(await load('lua-texts.js')).toMatchObject({ luaTexts: Object.fromEntries(await Promise.all(read)) });
    expect(files.length).toBeGreaterThan(40);
    expect(await load('package-version.js')).toMatchObject({ packageVersion });
  });

  it('is a lease thread that loads only modules of Node', async () => {
    const { leaseThreadProgram } = (await load('lease-thread.js')) as { leaseThreadProgram: LeaseThreadProgram };
    const program = String(leaseThreadProgram.program);
    const loaded = [...program.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, name = '']) => name.replace('node:', ''));
    expect(leaseThreadProgram).toMatchObject({ eval: true, execArgv: [] });
    expect(loaded).toContain('worker_threads');
    expect(loaded.filter((name) => !builtinModules.includes(name))).toEqual(['supports-color']);
    expect(program).not.toMatch(/\bimport\(|import\.meta/);
  });

  it('is for Node one file of the lease thread, which loads only the ioredis that is installed', async () => {
    const program = new URL('lease-thread-main.cjs', folder);
    expect(await load('installed-lease-thread.js')).toMatchObject({ leaseThreadProgram: { execArgv: [], program } });
    const text = await readFile(program, 'utf8');
    const loaded = [...text.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, name = '']) => name.replace('node:', ''));
    expect(loaded).toContain('ioredis');
    expect(new Set(loaded.filter((name) => !builtinModules.includes(name)))).toEqual(new Set(['ioredis']));
    expect(text.length).toBeLessThan(100_000);
  });

  it('is the same lease thread for Node where the file of it was left behind', async () => {
    await rm(new URL('lease-thread-main.cjs', folder));
    expect(await load('installed-lease-thread.js?left-behind')).toEqual(await load('lease-thread.js'));
  });

  it('names whose code the lease thread has in it, with the licenses', async () => {
    const text = await readFile(new URL('lease-thread.js', folder), 'utf8');
    const licenses = await readFile(new URL('LICENSES.txt', folder), 'utf8');
    const [, names = ''] = /^\/\*! In the text below: (.+?)\. Their/.exec(text) ?? [];
    expect(names).toMatch(/\bioredis 6\.\d/);
    for (const name of names.split(', ')) expect(licenses).toContain(`${name}\n`);
  });
});
