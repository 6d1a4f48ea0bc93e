import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const name = 'Müller & Söhne #1 (50%)';

let folder: string;
let checkout: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-odd-'));
  checkout = join(folder, name);
  await copyCheckout(checkout);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The checkout without what is built; packages of others stay where they are. */
async function copyCheckout(to: string): Promise<void> {
  const filter = (path: string): boolean => !['dist', '.git', '.cache'].includes(basename(path));
  const options = { recursive: true, verbatimSymlinks: true, filter };
  for (const part of ['package.json', 'pnpm-lock.yaml', 'scripts', 'apps', 'packages', 'examples']) {
    await cp(join(root, part), join(to, part), options);
  }
  await symlink(join(root, 'node_modules'), join(to, 'node_modules'));
}

async function run(args: readonly string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const { REDIS_URL: _, ...env } = process.env;
  const temp = join(folder, `temp '"#%41ü`);
  await mkdir(temp, { recursive: true });
  const child = spawn(process.execPath, args, { cwd: checkout, env: { ...env, TMPDIR: temp } });
  child.stdin.end();
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code, stdout, stderr };
}

describe(`in a folder named ${name}`, () => {
  it('npm start fetches every page as the site meant it', async () => {
    const { code, stdout, stderr } = await run(['scripts/bootstrap.mjs', 'start']);
    expect(`${stdout}${stderr}`).toContain('Every result is as expected.');
    expect(code).toBe(0);
  });

  it('npm test says that the test runner cannot work there', async () => {
    const { code, stderr } = await run(['scripts/bootstrap.mjs', 'test']);
    expect(stderr).toContain('Vite, which runs the tests, cannot work below a folder with #, % or ? in its name');
    expect(code).toBe(1);
  });

  it('handlers run in threads', async () => {
    const { code, stderr } = await run(['-C', '@sluice/source', 'examples/cpu-bound/cpu-bound.ts']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});
