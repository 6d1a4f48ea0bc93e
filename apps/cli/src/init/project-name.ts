import { UsageError } from '../cli-errors.ts';
import { printable } from '../queues/printable.ts';

/** What a project is called that nobody named. */
export const DEFAULT_NAME = 'sluice-app';

/** As npm has it for packages, and as a folder bears it everywhere. */
const NAME = /^[a-z0-9][a-z0-9._-]{0,99}$/;

/** They would be taken for packages of others, which the project depends on or that npm reserves. */
const TAKEN: readonly string[] = [
  'sluice', // its packages would be called @sluice/…
  'bullmq',
  'ioredis',
  'zod',
  'typescript',
  'vitest',
  'node_modules',
  'favicon.ico',
];

/**
 * The name of a project, which is that of its folder and of its packages.
 *
 * @throws UsageError that says what is wrong, and a name that would do
 */
export function checkProjectName(name: string): string {
  if (NAME.test(name) && !TAKEN.includes(name)) return name;
  const shown = printable(JSON.stringify(name.slice(0, 100)));
  if (TAKEN.includes(name)) throw new UsageError(`a project cannot be called ${shown}: another package has that name`);
  if (/[\\/]/.test(name) || /^\.+$/.test(name)) {
    throw new UsageError(`${shown} is a path: give a name only, and the folder that it goes into with --in`);
  }
  const hint = suggestion(name);
  throw new UsageError(
    `a project is called 1 to 100 of a-z 0-9 . _ -, with a letter or a digit first, not ${shown}${hint === null ? '' : `; ${hint} would do`}`,
  );
}

function suggestion(name: string): string | null {
  const made = name
    .slice(0, 100)
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replaceAll(/^[._-]+|[._-]+$/g, '');
  return NAME.test(made) && !TAKEN.includes(made) ? made : null;
}
