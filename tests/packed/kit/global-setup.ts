import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { publicPackages } from '../../../scripts/public-packages.ts';
import { runCommand } from './run-command.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The tarball of each public package, by its name. */
    tarballs?: Readonly<Record<string, string>>;
  }
}

/** Packs every public package, as a release does: each builds before it is packed. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-tarballs-'));
  const tarballs: Record<string, string> = {};
  for (const { folder: cwd, manifest } of publicPackages()) {
    const file = join(folder, `${manifest.name.replace('@', '').replace('/', '-')}.tgz`);
    await runCommand(cwd, ['pnpm', 'pack', '--out', file]);
    tarballs[manifest.name] = file;
  }
  project.provide('tarballs', tarballs);
  return () => rm(folder, { recursive: true, force: true });
}
