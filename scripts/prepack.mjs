// Runs before a package is packed, from any state of the checkout: builds, so that what is packed is what the sources say.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

if (!process.env.npm_config_user_agent?.startsWith('pnpm/')) {
  console.error('Pack and publish with pnpm: npm leaves "workspace:" and "catalog:" in package.json as they are.');
  process.exit(1);
}
const bootstrap = fileURLToPath(new URL('bootstrap.mjs', import.meta.url));
process.exitCode = spawnSync(process.execPath, [bootstrap, 'build'], { stdio: 'inherit' }).status ?? 1;
