// Builds every package into its dist, and removes what is left there of sources that are gone, because all of dist is packed.
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, rmSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = join(root, 'node_modules/typescript/bin/tsc');
process.exitCode = spawnSync(process.execPath, [tsc, '-b'], { cwd: root, stdio: 'inherit' }).status ?? 1;

const emitted = /\.(d\.ts|js)(\.map)?$/;
for (const path of globSync('{packages,apps}/*/dist/**/*.{js,ts,map}', { cwd: root })) {
  const source = path.replace(`${sep}dist${sep}`, `${sep}src${sep}`).replace(emitted, '.ts');
  if (!existsSync(join(root, source))) rmSync(join(root, path));
}
