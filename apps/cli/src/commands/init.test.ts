import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CliResult, runCli } from '../testing/run-cli.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-init-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const init = (...args: readonly string[]): Promise<CliResult> => runCli(['init', ...args, '--in', folder]);
const read = (path: string): Promise<string> => readFile(join(folder, path), 'utf8');
const ours = ['queue', 'service', 'local-redis', 'testing', 'http', 'console'];

async function writeTarballs(names: readonly string[]): Promise<string> {
  const tarballs = join(folder, 'tarballs');
  await mkdir(tarballs);
  for (const name of names) await writeFile(join(tarballs, `sluice-${name}-0.1.0.tgz`), name);
  return tarballs;
}

describe('sluice init', () => {
  it('writes a project under the name that was given, and nothing else', async () => {
    const { code, stdout } = await init('my-app', '--json');
    expect(code).toBe(0);
    const { files } = JSON.parse(stdout) as { files: string[] };
    expect(files).toContain('.gitignore');
    expect(await readdir(folder)).toEqual(['my-app']);
    for (const file of files) expect(await read(`my-app/${file}`)).not.toContain('sluice-app');
    expect(JSON.parse(await read('my-app/package.json'))).toMatchObject({
      name: 'my-app',
      workspaces: ['apps/*', 'packages/*'],
      dependencies: { '@my-app/shared': '*', '@sluice/queue': '^0.1.0' },
    });
    expect(await read('my-app/apps/worker/src/app.ts')).toContain(`from '@my-app/shared'`);
  });

  it('says what to do next', async () => {
    expect((await init('my-app')).stdout).toMatch(/cd .*my-app\n {2}npm install\n {2}npm start\n {2}npm test\n$/);
  });

  it('asks nothing where there is no terminal', async () => {
    expect(await init()).toMatchObject({ code: 0, stderr: '' });
    expect(await readdir(folder)).toEqual(['sluice-app']);
  });

  it('takes an empty folder of that name, and leaves one with files alone', async () => {
    await mkdir(join(folder, 'empty'));
    await mkdir(join(folder, 'full'));
    await writeFile(join(folder, 'full', 'mine'), '1');
    await writeFile(join(folder, 'file'), '1');
    expect((await init('empty')).code).toBe(0);
    expect(await init('full')).toMatchObject({ code: 2, stderr: expect.stringContaining('with files in it') });
    expect(await init('file')).toMatchObject({ code: 2, stderr: expect.stringContaining('is no folder') });
    expect(await readdir(join(folder, 'full'))).toEqual(['mine']);
    expect((await readdir(folder)).toSorted()).toEqual(['empty', 'file', 'full']);
  });

  it.each([
    ['My App', 'my-app would do'],
    ['../x', 'is a path'],
  ])('refuses the name %j and writes nothing', async (name, message) => {
    expect(await init(name)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(message) });
    expect(await readdir(folder)).toEqual([]);
  });

  it('says when it cannot write there', async () => {
    await writeFile(join(folder, 'file'), '1');
    for (const parent of ['missing', 'file']) {
      const { code, stderr } = await runCli(['init', 'my-app', '--in', join(folder, parent)]);
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('there is no such folder') });
    }
  });
});

describe('sluice init --packages', () => {
  it('copies tarballs into the project, and points npm and pnpm at them', async () => {
    const tarballs = await writeTarballs(ours);
    expect(await init('my-app', '--packages', tarballs)).toMatchObject({ code: 0, stderr: '' });
    const manifest = JSON.parse(await read('my-app/package.json')) as Record<string, Record<string, string>>;
    const all = { ...manifest['dependencies'], ...manifest['devDependencies'] };
    const workspace = await read('my-app/pnpm-workspace.yaml');
    for (const name of ours) {
      const place = `file:vendor/sluice-${name}-0.1.0.tgz`;
      expect(all[`@sluice/${name}`]).toBe(place);
      expect(workspace).toContain(`  '@sluice/${name}': ${place}\n`);
      expect(await read(`my-app/vendor/sluice-${name}-0.1.0.tgz`)).toBe(name);
    }
  });

  it('names the tarball that is missing, and writes nothing', async () => {
    const tarballs = await writeTarballs(ours.filter((name) => name !== 'testing'));
    const { code, stderr } = await init('my-app', '--packages', tarballs);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('no tarball of @sluice/testing') });
    expect((await init('my-app', '--packages', join(folder, 'none'))).stderr).toContain('there is no folder');
    expect(await readdir(folder)).toEqual(['tarballs']);
  });
});

describe('the template', () => {
  it('asks for the versions that this repository is tested with', async () => {
    await init('my-app');
    const catalog = await readFile(new URL('../../../../pnpm-workspace.yaml', import.meta.url), 'utf8');
    const { dependencies, devDependencies } = JSON.parse(await read('my-app/package.json')) as Record<string, object>;
    const others = Object.entries({ ...dependencies, ...devDependencies }).filter(
      ([name]) => !name.startsWith('@sluice/') && !name.startsWith('@my-app/'),
    );
    expect(others.length).toBeGreaterThan(4);
    for (const [name, range] of others) {
      const quoted = name.startsWith('@') ? `'${name}'` : name;
      expect(catalog, name).toContain(`\n  ${quoted}: ${String(range).replace(/^[~^]/, '')}\n`);
    }
  });
});
