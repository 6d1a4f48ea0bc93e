import { didYouMean } from './did-you-mean.ts';
import type { OptionProblem } from '../errors/option-errors.ts';
import { isObject, type OptionRules } from './option-rules.ts';

/** An error that takes what is wrong with the options of a call. */
type Refusal = new (message: string, problems: readonly OptionProblem[]) => Error;

/**
 * Checks options at the call that they were given to: each one that is there by its rule, and none that has no rule. An
 * option that is `undefined` counts as left out; null does not.
 *
 * @param where names the call or definition in the message
 * @throws the given error with all problems at once
 */
export function checkOptions(where: string, rules: OptionRules, given: unknown, Refused: Refusal): void {
  const problems = findOptionProblems(rules, given);
  if (problems.length > 0) throw refusal(where, problems, Refused);
}

/** The error for problems that were found. */
function refusal(where: string, problems: readonly OptionProblem[], Refused: Refusal): Error {
  return new Refused(`${where}: ${problems.map(({ message }) => message).join('; ')}`, problems);
}

/** Every option that breaks its rule or has none, by its path, such as `retry.backoff.delayMs`. */
export function findOptionProblems(rules: OptionRules, given: unknown, path = ''): OptionProblem[] {
  if (!isObject(given)) return [broken(path || 'options', given, 'be an object of options')];
  const problems: OptionProblem[] = [];
  for (const name in rules) {
    const rule = rules[name];
    const value = given[name];
    if (!rule || (value === undefined && !rule.required)) continue;
    const option = path + name;
    if (!rule.holds(value)) problems.push(broken(option, value, rule.must));
    else if (rule.inside && isObject(value)) {
      const inside = typeof rule.inside === 'function' ? rule.inside(value) : rule.inside;
      problems.push(...findOptionProblems(inside, value, `${option}.`));
    }
  }
  for (const name in given) if (!Object.hasOwn(rules, name)) problems.push(unknown(path + name, name, rules));
  return problems;
}

function broken(option: string, value: unknown, must: string): OptionProblem {
  const given = shownValue(value);
  return { option, given, must, message: `${option} must ${must}, not ${given}` };
}

function unknown(option: string, name: string, rules: OptionRules): OptionProblem {
  const known = Object.keys(rules);
  const meant =
    didYouMean(name, known) ?? known.find((one) => isPartOf(name, one) || one === otherNames.get(name)) ?? null;
  const hint = meant === null ? (elsewhere.get(name) ?? `there are ${known.join(', ')}`) : `did you mean ${meant}?`;
  return { option, given: option, must: 'be left out', message: `${option} is no option here; ${hint}` };
}

/** What BullMQ calls an option, and what it is called here. */
const otherNames = new Map([
  ['connection', 'redis'],
  ['attempts', 'retry'],
  ['backoff', 'retry'],
  ['removeOnComplete', 'keep'],
  ['removeOnFail', 'keep'],
]);

/** What belongs to another call. */
const elsewhere = new Map([
  ['prefix', 'it is one of defineQueue'],
  ['capacity', 'it is one of defineQueue'],
  ['removeOnComplete', 'defineQueue has it as keep.completed'],
  ['removeOnFail', 'defineQueue has it as keep.dead'],
]);

/** BullMQ users write `jobId` for `id`, and `timeout` for `timeoutMs`. */
function isPartOf(name: string, known: string): boolean {
  const [a, b] = [name.toLowerCase(), known.toLowerCase()];
  return a.endsWith(b) || b.startsWith(a);
}

const SHOWN_MAX = 40;

/** Numbers and short strings as they are; of anything else only its kind, which is enough to find it and reveals no secret. */
export function shownValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value.length > SHOWN_MAX ? 'a long string' : JSON.stringify(value);
    case 'number':
    case 'bigint':
    case 'boolean':
    case 'undefined':
      return String(value);
    case 'object':
      if (value === null) return 'null';
      if (!Array.isArray(value)) return 'an object';
      return value.length === 0 ? 'an empty array' : 'an array';
    default:
      return `a ${typeof value}`;
  }
}
