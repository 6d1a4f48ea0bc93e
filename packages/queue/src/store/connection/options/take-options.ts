import { DefinitionError, type OptionProblem } from '../../../job/errors/index.ts';
import { didYouMean } from '../../../job/options/did-you-mean.ts';
import type { OptionTable, OptionTreatment } from './option-treatment.ts';

export type Options = Readonly<Record<string, unknown>>;

export interface TakeOptions {
  /** Where the options stand, for messages: `redis` or `redis.options`. */
  readonly where: string;
  /** Those of a client that was handed in: it has a value for most of them, and others of its own. */
  readonly ofClient?: boolean;
}

/**
 * What remains of a caller's options: those that are taken over. All others are Sluice's to set, see {@link ourOptions}.
 *
 * @throws DefinitionError that names every option that is refused, unknown or out of its range, and no value
 */
export function takeOptions(table: OptionTable, given: object, { where, ofClient = false }: TakeOptions): Options {
  const problems: OptionProblem[] = [];
  const options = take(table, given, { where, isOpen: false, ofClient, problems });
  throwProblems(problems);
  return options;
}

/** The options that Sluice sets, and what to. */
export function ourOptions(table: OptionTable): Options {
  const entries = Object.entries(table).flatMap(([name, row]) => (row.kind === 'ours' ? [[name, row.value]] : []));
  return Object.fromEntries(entries);
}

interface Taking {
  readonly where: string;
  readonly isOpen: boolean;
  readonly ofClient: boolean;
  readonly problems: OptionProblem[];
}

function take(table: OptionTable, given: object, taking: Taking): Options {
  const options: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const row = Object.hasOwn(table, name) ? table[name] : undefined;
    if (row) takeOne(row, name, value, { options, taking });
    else if (taking.isOpen) options[name] = value;
    else if (!taking.ofClient) taking.problems.push(unknown(table, name, taking.where));
  }
  return options;
}

function takeOne(
  row: OptionTreatment,
  name: string,
  value: unknown,
  { options, taking }: { options: Record<string, unknown>; taking: Taking },
): void {
  const where = `${taking.where}.${name}`;
  if (row.kind === 'refused') {
    if (row.harmless(value)) return;
    // What only pools refuse is looked at again before their thread is started.
    if (row.byPoolsOnly) options[name] = value;
    else taking.problems.push(problemOf(where, 'be left out', `cannot be used: ${row.why}`));
  } else if (row.kind === 'called') {
    if (row.orValue || typeof value === 'function') options[name] = value;
    else if (value !== null) taking.problems.push(problemOf(where, 'be a function'));
  } else if (row.kind === 'taken') {
    const problem = value === null ? null : (row.problem?.(value) ?? null);
    if (problem) taking.problems.push(problemOf(where, problem));
    const isNested = row.nested && typeof value === 'object' && value !== null;
    options[name] =
      isNested && row.nested ? take(row.nested.table, value, { ...taking, where, isOpen: row.nested.isOpen }) : value;
  }
}

function unknown(table: OptionTable, name: string, where: string): OptionProblem {
  const meant = didYouMean(name, Object.keys(table));
  return problemOf(
    `${where}.${name}`,
    'be left out',
    `is unknown; ${meant === null ? 'there are the options of ioredis, such as host and port' : `did you mean ${meant}?`}`,
  );
}

/** What is wrong with an option. What was given is not shown: it may be a password that was misplaced. */
export function problemOf(option: string, must: string, words = `must ${must}`): OptionProblem {
  return { option, given: 'a value', must, message: `${option} ${words}` };
}

/** @throws DefinitionError with all problems, if there are any */
export function throwProblems(problems: readonly OptionProblem[]): void {
  if (problems.length > 0) throw new DefinitionError(problems.map(({ message }) => message).join('; '), problems);
}
