import { createInterface } from 'node:readline/promises';
import { relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { findTarballs, ownPackagesOf, pointAtTarballs } from '../init/local-packages.ts';
import { checkProjectName, DEFAULT_NAME } from '../init/project-name.ts';
import { readTemplate } from '../init/template-files.ts';
import { writeProject } from '../init/write-project.ts';
import { Output } from '../queues/output.ts';
import { jsonLine } from '../queues/printable.ts';
import { exitCodes } from '../exit-codes.ts';
import { unlessAborted } from '../until-aborted.ts';
import { ownVersion } from '../own-version.ts';
import type { CommandContext } from './command-context.ts';

interface InitFlags {
  in: string;
  packages?: string;
  yes?: true;
  json?: true;
}

const NOTES = `
The project has one job in a bounded queue: its contract, an HTTP service that puts it, a worker that runs it, a test on a real Redis,
a Dockerfile and a Compose file with three workers. It installs with npm and with pnpm, and needs neither Redis nor Docker.

Only the name is asked for, on a terminal, when it is not given; --yes takes ${DEFAULT_NAME}. The project is written whole or not at
all, and never over files that are there.

--packages takes @sluice/… from tarballs of a folder (pnpm pack) instead of the registry, and copies them into the project.

Exit codes: 0 written, 2 wrong usage: the name, the folder or the tarballs, 3 it could not be written.

Examples:
  $ npx @sluice/cli init my-app
  $ npx @sluice/cli init my-app --in ~/projects --json
  $ npx @sluice/cli init my-app --packages ./tarballs
`;

/** `sluice init`: writes a project of one's own. */
export function addInitCommand(program: Command, context: CommandContext): void {
  program
    .command('init')
    .summary('write a project of your own, with a job, a worker and a test')
    .description('Writes a project of your own: a contract, a producer, a worker, a test.')
    .argument(
      '[name]',
      `name of the project and of its folder (default: asked for on a terminal, else ${DEFAULT_NAME})`,
    )
    .option('--in <folder>', 'folder that it goes into', '.')
    .option('--packages <folder>', 'take our packages from tarballs in this folder')
    .option('-y, --yes', 'ask nothing')
    .option('--json', 'print JSON instead of text for people')
    .addHelpText('after', NOTES)
    .action((name: string | undefined, flags: InitFlags) => init(name, flags, context));
}

async function init(given: string | undefined, flags: InitFlags, context: CommandContext): Promise<void> {
  const wanted = given ?? (await askName(flags, context));
  if (wanted === null) return context.exitWith(exitCodes.interrupted);
  const name = checkProjectName(wanted);
  const files = await readTemplate({ name, version: `^${ownVersion()}` });
  const tarballs =
    flags.packages === undefined ? new Map<string, string>() : await findTarballs(flags.packages, ownPackagesOf(files));
  if (tarballs.size > 0) pointAtTarballs(files, tarballs);
  const folder = await writeProject({ name, parent: resolve(flags.in), files, tarballs });
  const output = new Output(context.stdout);
  if (flags.json) return output.write(jsonLine({ name, folder, files: [...files.keys()].toSorted() }));
  await output.write(
    `wrote ${name}: ${files.size} files\n\n  cd ${relative('.', folder)}\n  npm install\n  npm start\n  npm test\n`,
  );
}

/** Null when Ctrl-C ended the question. */
async function askName({ yes, json }: InitFlags, context: CommandContext): Promise<string | null> {
  const { stdin, stdout, stderr, interrupted } = context;
  const isTerminal = 'isTTY' in stdin && stdin.isTTY === true && stdout.isTTY === true;
  if (yes || json || !isTerminal) return DEFAULT_NAME;
  const asking = createInterface({ input: stdin, output: stderr });
  const question = asking.question(`Name of the project (${DEFAULT_NAME}): `);
  const answer = await unlessAborted(question, interrupted);
  asking.close();
  return answer === null ? null : answer.trim() || DEFAULT_NAME;
}
