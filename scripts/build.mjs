// Builds every package into its dist, and removes what is left there of sources that are gone, or
// are test helpers, because all of dist is packed.
// What is in an `embedded` folder has no source of its name: packages/queue/build/embed.ts and
// packages/console/build/build-page.ts write it.
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, rmSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = join(root, 'node_modules/typescript/bin/tsc');

function run(...args) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

run(tsc, '-b');

const emitted = /\.(d\.ts|js)(\.map)?$/;
for (const path of globSync('{packages,apps}/*/dist/**/*.{js,ts,map}', { cwd: root })) {
  if (path.includes(`${sep}dist${sep}embedded${sep}`)) continue;
  const source = path.replace(`${sep}dist${sep}`, `${sep}src${sep}`).replace(emitted, '.ts');
  if (!existsSync(join(root, source)) || source.includes(`${sep}testing${sep}`, source.indexOf(`${sep}src${sep}`))) {
    rmSync(join(root, path));
  }
}

run(join(root, 'packages/queue/build/embed.ts'));
run(join(root, 'packages/console/build/build-page.ts'));
