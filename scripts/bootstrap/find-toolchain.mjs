import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from './root.mjs';
import { say } from './say.mjs';

const OLDEST_NODE = 24;
const wanted = { node: '24.21.0', pnpm: '12.21.0' };

/**
 * @typedef {object} Toolchain
 * @property {string} node  the Node that runs the tasks
 * @property {() => string} pnpm  gives the pnpm program; fetches it when there is none
 * @property {string[]} path  folders to put before PATH, so that what a task starts finds the same programs
 */

/**
 * This Node if it is new enough, else one from npm. What npm has fetched stays in its cache and is remembered, so
 * that the next start needs neither npm nor a network.
 *
 * @returns {Toolchain}
 */
export function findToolchain() {
  if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) return fetchedToolchain();
  return { node: process.execPath, pnpm: () => pnpmOnPath() ?? fetchedToolchain().pnpm(), path: [] };
}

/** @returns {Toolchain} */
function fetchedToolchain() {
  const { node, pnpm } = remembered() ?? fetch();
  return { node, pnpm: () => pnpm, path: [dirname(pnpm)] };
}

// In node_modules: deleting that folder means a fresh start.
const memory = join(root, 'node_modules', '.cache', 'sluice', `toolchain-${wanted.node}-${wanted.pnpm}.json`);

function remembered() {
  try {
    const found = JSON.parse(readFileSync(memory, 'utf8'));
    return existsSync(found.node) && existsSync(found.pnpm) ? found : null;
  } catch {
    return null;
  }
}

function fetch() {
  say(`fetching Node ${wanted.node} and pnpm ${wanted.pnpm} from npm (once; this Node is ${process.versions.node})`);
  const packages = ['-p', `node@${wanted.node}`, '-p', `pnpm@${wanted.pnpm}`];
  const printPaths = 'node -p process.execPath && command -v pnpm';
  const { status, stdout, stderr, error } = spawnSync('npx', ['-y', ...packages, '-c', printPaths], {
    cwd: root,
    encoding: 'utf8',
  });
  if (error)
    throw new Error(
      `Node ${OLDEST_NODE} or later is needed, and npx, which could fetch it, does not run: ${error.message}`,
    );
  const [node, pnpm] = stdout.trim().split('\n').slice(-2);
  if (status !== 0 || !existsSync(node) || !existsSync(pnpm))
    throw new Error(`npx could not fetch Node and pnpm:\n${stdout}${stderr}`);
  return { node, pnpm };
}

/** Call it when node_modules is installed, because the package manager may recreate that folder. */
export function rememberToolchain({ node, path }) {
  if (path.length === 0 || existsSync(memory)) return;
  mkdirSync(dirname(memory), { recursive: true });
  writeFileSync(memory, JSON.stringify({ node, pnpm: join(path[0], 'pnpm') }));
}

/** @returns {string | null} */
function pnpmOnPath() {
  const { status, stdout } = spawnSync('pnpm', ['--version'], { cwd: root, encoding: 'utf8' });
  const major = Number((stdout ?? '').split('.')[0]);
  return status === 0 && major >= Number(wanted.pnpm.split('.')[0]) ? 'pnpm' : null;
}
