import { readFile } from 'node:fs/promises';
import {
  checkContracts,
  type ContractFinding,
  type ContractsDescription,
  describeContracts,
  type QueuesApp,
} from '@sluice/queue/contracts';
import { loadApp } from '@sluice/service';
import type { Command } from 'commander';
import { UsageError } from '../cli-errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { Output } from '../queues/output.ts';
import { jsonLine, printable } from '../queues/printable.ts';
import type { CommandContext } from './command-context.ts';

const DESCRIBE_NOTES = `
Prints JSON with or without --json: {"format":1,"queues":[{"name","prefix","capacity","whenFull","jobs":[{"name","version","upcastsFrom",
"payload","result","timeoutMs","timeoutMaxMs"}]}]}. Payload and result are JSON Schema 2020-12, or null where the library of the schema
writes none. Needs no Redis. Keep the output of each release, and compare the next one by check-contracts.

Exit codes: 0 printed, 2 the app module cannot be loaded.

Examples:
  $ npx @sluice/cli contracts --app ./dist/app.js > contracts.json
`;

const CHECK_NOTES = `
Says whether the second build can be deployed while jobs, workers and callers of the first one are there, and be taken back: jobs in
Redis against the new payload schemas, jobs of new producers against the old ones (a raised version keeps them from old workers), results in
both directions. What only warns does not fail the check, unless --strict is given. JSON: {"compatible","findings":[{"level","rule",
"queue","job","message"}]}.

Exit codes: 0 compatible, 1 something breaks, 2 a file cannot be read.

Examples:
  $ npx @sluice/cli check-contracts contracts.json new.json
  $ npx @sluice/cli check-contracts contracts.json new.json --strict --json
`;

/** `sluice contracts` and `sluice check-contracts`: what a build promises, and whether another one may follow it. */
export function addContractsCommands(program: Command, context: CommandContext): void {
  program
    .command('contracts')
    .summary('print the contracts of an app as JSON')
    .description('Prints the queues and contracts of an app as JSON, for check-contracts.')
    .option('--app <module>', 'app module: a path, a file: URL or a package (env SLUICE_APP)')
    .option('--json', 'JSON, which it prints in any case')
    .addHelpText('after', DESCRIBE_NOTES)
    .action(async (flags: { app?: string }) => {
      const described = describeContracts(await appOf(flags, context));
      await new Output(context.stdout).write(`${JSON.stringify(described, null, 2)}\n`);
    });
  program
    .command('check-contracts')
    .summary('say whether a build may follow another one, for CI')
    .description('Compares the contracts of two builds, and says what breaks while both are deployed.')
    .argument('<old>', 'what sluice contracts printed for the build that runs')
    .argument('<new>', 'the same for the one that is to be deployed')
    .option('--strict', 'fail for what only warns, too')
    .option('--json', 'print JSON')
    .addHelpText('after', CHECK_NOTES)
    .action((old: string, next: string, flags: CheckFlags) => check(old, next, flags, context));
}

/** @throws UsageError when none is named; what is wrong with the module */
async function appOf({ app }: { app?: string }, { env }: CommandContext): Promise<QueuesApp> {
  const named = app ?? env['SLUICE_APP']?.trim();
  if (!named) throw new UsageError('contracts: name an app module with --app, or by SLUICE_APP');
  return await loadApp(named, { where: app === undefined ? 'SLUICE_APP' : '--app' });
}

interface CheckFlags {
  strict?: true;
  json?: true;
}

async function check(old: string, next: string, { strict, json }: CheckFlags, context: CommandContext): Promise<void> {
  const findings = checkContracts(await readDescription(old), await readDescription(next));
  const isCompatible = !findings.some(({ level }) => level === 'breaks' || strict);
  const output = new Output(context.stdout);
  if (json) await output.write(jsonLine({ compatible: isCompatible, findings }));
  else await output.lines(findingLines(findings, isCompatible));
  context.exitWith(isCompatible ? exitCodes.done : exitCodes.someFailed);
}

/** @throws UsageError when it is no JSON file; what is in it is checked where it is compared */
async function readDescription(path: string): Promise<ContractsDescription> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as ContractsDescription;
  } catch (cause) {
    const why =
      cause instanceof SyntaxError ? 'it is not JSON' : cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`cannot read contracts from ${printable(path)}: ${why}`, { cause });
  }
}

function findingLines(findings: readonly ContractFinding[], isCompatible: boolean): string[] {
  const lines = findings.map(({ level, rule, queue, job, message }) =>
    printable(`${level}  ${queue}${job === null ? '' : ` ${job}`}  ${rule}: ${message}`),
  );
  return [...lines, isCompatible ? 'compatible' : 'not compatible'];
}
