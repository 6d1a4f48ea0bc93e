// `pnpm docs:build` makes the site in docs/.vitepress/dist; with `--base /sluice/` for that folder of a host. `pnpm docs:dev` serves the
// pages and follows their changes. Options are VitePress's.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { brokenLinksOf } from './broken-links-of.mjs';

const docs = fileURLToPath(new URL('..', import.meta.url));
const site = join(docs, '.vitepress', 'dist');
const [task = 'build', ...options] = process.argv.slice(2);

/** Runs a program in docs/; one that fails ends this one. */
function run(program, ...args) {
  const { status, error } = spawnSync(program, args, { cwd: docs, stdio: 'inherit' });
  if (error !== undefined) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

const runInstalled = (name, ...args) => run(process.execPath, join('node_modules', name), ...args);

function build() {
  runInstalled('vitepress/bin/vitepress.js', 'build', ...options);
  const { base = '/' } = parseArgs({ args: options, options: { base: { type: 'string' } }, strict: false }).values;
  const broken = brokenLinksOf(site, String(base));
  console.log(broken.length === 0 ? `the site is in ${site}` : `links that lead nowhere:\n  ${broken.join('\n  ')}`);
  process.exitCode = broken.length === 0 ? 0 : 1;
}

run('pnpm', 'install', '--frozen-lockfile', '--prefer-offline');
mkdirSync(join(docs, 'public'), { recursive: true });
copyFileSync(join(docs, 'node_modules/@mermaid-js/tiny/dist/mermaid.tiny.js'), join(docs, 'public/mermaid.tiny.js'));
copyFileSync(join(docs, 'openapi.json'), join(docs, 'public/openapi.json'));
runInstalled('typedoc/bin/typedoc');
if (task === 'dev') runInstalled('vitepress/bin/vitepress.js', 'dev', ...options);
else build();
