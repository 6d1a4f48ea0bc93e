// The checks of every change: format, lint with the fences, types, tests. All of them run even if one fails, so that the
// output shows all problems. `--no-tests` skips the tests.
import { spawnSync } from 'node:child_process';

const steps = [
  { name: 'format', args: ['node_modules/oxfmt/bin/oxfmt', '--check'] },
  { name: 'lint', args: ['node_modules/oxlint/bin/oxlint'] },
  { name: 'types', args: ['node_modules/typescript/bin/tsc', '-b'] },
  // Long files and functions are only warnings.
  {
    name: 'long files and functions (warnings)',
    args: ['node_modules/oxlint/bin/oxlint', '-c', 'scripts/sizes.oxlintrc.json', '-f', 'unix'],
  },
  {
    name: 'tests',
    args: [
      'node_modules/vitest/vitest.mjs',
      'run',
      ...['!slow', '!cluster', '!bullmq-oldest', '!packed', '!browser'].flatMap((name) => ['--project', name]),
    ],
  },
];

const wanted = process.argv.includes('--no-tests') ? steps.filter(({ name }) => name !== 'tests') : steps;
const failed = wanted.filter(({ name, args }) => {
  console.log(`\n── ${name}`);
  return spawnSync(process.execPath, args, { stdio: 'inherit' }).status !== 0;
});
if (failed.length > 0) {
  console.log(`\nfailed: ${failed.map(({ name }) => name).join(', ')}`);
  process.exitCode = 1;
}
