import {
  JobAlreadySettledError,
  JobInterruptedError,
  JobTimeoutError,
  LeaseLostError,
  OptionError,
  PayloadInvalidError,
  PermanentJobError,
  ResultInvalidError,
  RetryLaterError,
  TooLargeError,
  CompletionRefusedError,
  ExtensionInvalidError,
  JobExpiredError,
} from '../../job/errors/index.ts';
import { type FailureRecord, recordFailure } from '../../job/failure-record.ts';

/** Classes that mean something to who catches them; they go by their names. Everything else arrives as an `Error` with its code. */
const MEANINGFUL = [
  CompletionRefusedError,
  ExtensionInvalidError,
  JobAlreadySettledError,
  JobExpiredError,
  JobInterruptedError,
  JobTimeoutError,
  LeaseLostError,
  OptionError,
  PayloadInvalidError,
  PermanentJobError,
  ResultInvalidError,
  RetryLaterError,
  TooLargeError,
];

/** The fields of those classes that are read. */
const CARRIED = ['timeoutMs', 'delayMs', 'jobId'] as const;

/** What was thrown, in a form that passes from one thread to another, whatever it was. */
export interface ThrownData extends FailureRecord {
  readonly name: string;
  readonly isError: boolean;
  readonly fields: Readonly<Partial<Record<(typeof CARRIED)[number], string | number>>>;
}

/** Never throws. */
export function toThrownData(thrown: unknown): ThrownData {
  const failure = recordFailure(thrown);
  try {
    const known = MEANINGFUL.find((type) => thrown instanceof type);
    const name = known?.name ?? (thrown instanceof Error ? String(thrown.name) : '');
    // One of ours by its code alone comes from another copy of this library, that of the handler's project.
    const isOurs = known !== undefined || failure.code.startsWith('SLUICE_');
    return { ...failure, name, isError: thrown instanceof Error, fields: isOurs ? fieldsOf(thrown) : {} };
  } catch {
    return { ...failure, name: 'Error', isError: true, fields: {} };
  }
}

function fieldsOf(thrown: unknown): ThrownData['fields'] {
  const fields = CARRIED.map((name) => [name, Reflect.get(Object(thrown), name) as unknown] as const);
  return Object.fromEntries(fields.filter(([, value]) => typeof value === 'string' || typeof value === 'number'));
}

/** What is thrown on this side: an error of the same class, or in words what was no error. */
export function fromThrownData({ name, isError, message, code, stack, fields }: ThrownData): unknown {
  if (!isError) return message;
  const error = new Error(message);
  const known = MEANINGFUL.find((type) => type.name === name);
  if (known) Object.setPrototypeOf(error, known.prototype as object);
  Object.defineProperty(error, 'stack', { value: stack ?? undefined });
  return Object.assign(error, { name, code, ...fields });
}
