import { lookup, resolveSrv } from 'node:dns';
import type { OptionProblem } from '../../../job/errors/index.ts';
import type { OptionTable, OptionTreatment } from './option-treatment.ts';
import { type Options, problemOf, throwProblems } from './take-options.ts';

export type CallerFunction = (...args: unknown[]) => unknown;

/** A function among a caller's options, and where it stands: `options.redisOptions.tls.checkServerIdentity`. */
export interface FunctionOption {
  readonly path: readonly string[];
  readonly answers: 'callback' | 'value';
  /** One of Node's own, which every thread has. */
  readonly builtIn?: 'lookup' | 'resolveSrv';
  readonly run: CallerFunction;
}

export interface ThreadOptions {
  /** Can be sent to another thread. */
  readonly data: Options;
  /** What cannot, and has to be called here. */
  readonly functions: readonly FunctionOption[];
}

/**
 * Divides options that were taken over into what the lease thread can be given, and what it must call on the main thread.
 *
 * @throws DefinitionError that names what can be neither
 */
export function threadOptions(table: OptionTable, options: Options, where: string): ThreadOptions {
  const found: Found = { functions: [], problems: [] };
  const data = divide(table, options, { ...found, where, path: [] });
  throwProblems(found.problems);
  return { data, functions: found.functions };
}

interface Found {
  readonly functions: FunctionOption[];
  readonly problems: OptionProblem[];
}

interface At extends Found {
  readonly where: string;
  readonly path: readonly string[];
}

function refuse({ where, path, problems }: At, why: string): void {
  problems.push(problemOf([where, ...path].join('.'), 'be left out', `cannot be used by a pool: ${why}`));
}

function divide(table: OptionTable, options: Options, at: At): Options {
  const data: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    const row = table[name];
    const here = { ...at, path: [...at.path, name] };
    if (typeof value === 'function' && row?.kind === 'called') at.functions.push(functionOption(row, here.path, value));
    else if (row?.kind === 'refused') refuse(here, row.why);
    else if (row?.kind === 'taken' && row.nested && isPlain(value)) {
      data[name] = divide(row.nested.table, value as Options, here);
    } else data[name] = copyable(value, here);
  }
  return data;
}

function functionOption(
  row: OptionTreatment & { kind: 'called' },
  path: readonly string[],
  run: object,
): FunctionOption {
  const builtIn = run === lookup ? 'lookup' : run === resolveSrv ? 'resolveSrv' : undefined;
  return { path, answers: row.answers, run: run as CallerFunction, ...(builtIn ? { builtIn } : {}) };
}

/** The value, if it arrives in another thread as what it is. */
function copyable(value: unknown, at: At): unknown {
  const inside = (name: string | number): At => ({ ...at, path: [...at.path, String(name)] });
  if (Array.isArray(value)) return value.map((each, index) => copyable(each, inside(index)));
  if (isPlain(value)) {
    const entries = Object.entries(value as object);
    return Object.fromEntries(entries.map(([name, each]) => [name, copyable(each, inside(name))]));
  }
  if (isCloneable(value)) return value;
  refuse(at, 'its lease thread cannot be given a copy');
  return undefined;
}

function isCloneable(value: unknown): boolean {
  if (typeof value === 'function' || typeof value === 'symbol') return false;
  return typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || CLONEABLE.has(tagOf(value));
}

/** Keys and certificates of node:crypto, which Node hands to threads. */
const CLONEABLE = new Set(['Date', 'PublicKeyObject', 'PrivateKeyObject', 'SecretKeyObject', 'X509Certificate']);

function tagOf(value: object): string {
  return value.constructor.name;
}

function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
