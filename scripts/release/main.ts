// Releases all public packages in one version: checks, versions, builds and packs, publishes, and pushes.
// `pnpm release minor`; with --dry-run it does nothing but say what it would do, and build and pack every package.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { publicPackages } from '../public-packages.ts';
import { planRelease, withVersion } from './plan-release.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

function run(program: string, ...args: readonly string[]): void {
  console.log(`\n── ${program} ${args.join(' ')}`);
  const { status } = spawnSync(program, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed: nothing after it was done`);
}

function git(...args: readonly string[]): string {
  return spawnSync('git', args, { cwd: root, encoding: 'utf8' }).stdout.trim();
}

function release(step: string, dryRun: boolean): void {
  const packages = publicPackages();
  const present = packages[0]?.manifest.version ?? '';
  const changelogFile = join(root, 'CHANGELOG.md');
  const day = new Date().toISOString().slice(0, 10);
  const plan = planRelease(present, step, readFileSync(changelogFile, 'utf8'), day);
  console.log(`${plan.version}, after ${present}: ${packages.map(({ manifest }) => manifest.name).join(', ')}`);
  console.log(`\n${plan.notes}`);
  const publish = ['--recursive', 'publish', '--access', 'public', '--no-git-checks'];
  if (dryRun) {
    run('pnpm', ...publish, '--dry-run');
    console.log(`\nthis was a dry run: ${present} was packed, and nothing was changed, published or pushed`);
    return;
  }
  if (git('status', '--porcelain') !== '') throw new Error('commit or remove what is not committed first');
  run('pnpm', 'check');
  run('pnpm', 'exec', 'vitest', 'run', '--project', 'packed');
  for (const { folder } of packages) {
    const file = join(folder, 'package.json');
    writeFileSync(file, withVersion(readFileSync(file, 'utf8'), plan.version));
  }
  writeFileSync(changelogFile, plan.changelog);
  run('git', 'commit', '--all', '--message', `Release ${plan.version}`);
  run('git', 'tag', '--annotate', `v${plan.version}`, '--message', plan.notes);
  // Leaves out what the registry has already: a release that failed half-way goes on with this command and the next one.
  run('pnpm', ...publish);
  run('git', 'push', '--follow-tags');
}

try {
  const { values, positionals } = parseArgs({
    options: { 'dry-run': { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  release(positionals[0] ?? '', values['dry-run']);
} catch (error) {
  console.error(`release: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
