/** Workspace imports resolve to the sources, so no build is needed. */
const fromSource = ['-C', '@sluice/source'];

/**
 * What Node runs for each task. `where: 'caller'` runs it in the folder of the caller, so that relative file
 * names on its command line are right; all others run at the root.
 *
 * @typedef {{ flags: string[], script: string, args: string[], where: 'caller' | 'root', byVite?: boolean }} Task
 * @type {Record<string, Task>}
 */
export const tasks = {
  start: { flags: fromSource, script: 'apps/cli/src/main.ts', args: ['demo'], where: 'caller' },
  sluice: { flags: fromSource, script: 'apps/cli/src/main.ts', args: [], where: 'caller' },
  test: {
    flags: [],
    script: 'node_modules/vitest/vitest.mjs',
    args: [
      'run',
      ...['!slow', '!cluster', '!bullmq-oldest', '!packed', '!browser'].flatMap((name) => ['--project', name]),
    ],
    where: 'root',
    byVite: true,
  },
  'test:all': { flags: [], script: 'node_modules/vitest/vitest.mjs', args: ['run'], where: 'root', byVite: true },
  check: { flags: [], script: 'scripts/check.mjs', args: [], where: 'root' },
  bench: { flags: fromSource, script: 'bench/src/main.ts', args: [], where: 'caller' },
  adversary: { flags: fromSource, script: 'tests/adversary/main.ts', args: [], where: 'root' },
  chaos: { flags: fromSource, script: 'tests/chaos/main.ts', args: [], where: 'caller' },
  release: { flags: [], script: 'scripts/release/main.ts', args: [], where: 'root' },
  build: { flags: [], script: 'scripts/build.mjs', args: [], where: 'root' },
  'docs:build': { flags: [], script: 'docs/site/main.mjs', args: ['build'], where: 'root' },
  'docs:dev': { flags: [], script: 'docs/site/main.mjs', args: ['dev'], where: 'root' },
};
