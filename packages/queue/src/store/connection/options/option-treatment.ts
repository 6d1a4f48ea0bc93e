/**
 * What Sluice does with one option of an ioredis client that a caller hands in. `why` ends up in docs/operations.md, as does
 * `backend`: what becomes of the option on a connection of `createBoundedBackend`, where that is not what BullMQ does.
 */
export type OptionTreatment = (Taken | Ours | Called | Refused) & {
  readonly why: string;
  readonly backend?: BackendTreatment;
};

/** Used as it is, on every connection, the one of the lease thread included. */
interface Taken {
  readonly kind: 'taken';
  /** What a value that is none must be, in words to follow "must". */
  readonly problem?: (value: unknown) => string | null;
  /** Options of its own, such as those of TLS. `isOpen`: what has no row is taken, too. */
  readonly nested?: { readonly table: OptionTable; readonly isOpen: boolean };
}

/** Set by Sluice, whatever was given. */
interface Ours {
  readonly kind: 'ours';
  readonly value: unknown;
}

/** A function. On the connection of the lease thread it runs where it was made: on the main thread. */
interface Called {
  readonly kind: 'called';
  /** `callback`: its last argument takes the answer. `value`: it returns the answer, so the lease thread waits for it. */
  readonly answers: 'callback' | 'value';
  /** Some values are no functions; they are taken. */
  readonly orValue?: boolean;
}

/** Refused with a DefinitionError. */
interface Refused {
  readonly kind: 'refused';
  /** Only by pools and consumers, whose lease thread it cannot reach. Default: by all. */
  readonly byPoolsOnly?: boolean;
  /** Values that ask for nothing: a client of the caller's has a value for most options. */
  readonly harmless: (value: unknown) => boolean;
}

/** `refused` by the factory; or left out where the connection waits in Redis for jobs. */
type BackendTreatment = 'refused' | 'not where it waits';

export type OptionTable = Readonly<Record<string, OptionTreatment>>;

type More = { backend?: BackendTreatment };

export const taken = (why = '', more: More & Omit<Taken, 'kind'> = {}) => ({ kind: 'taken', why, ...more }) as const;

export const ours = <const V>(value: V, why: string, more: More = {}) =>
  ({ kind: 'ours', value, why, ...more }) as const;

export const called = (answers: 'callback' | 'value', why: string, more: { orValue?: boolean } = {}) =>
  ({ kind: 'called', answers, why, ...more }) as const;

export const refused = (
  harmless: (value: unknown) => boolean,
  why: string,
  more: More & { byPoolsOnly?: boolean } = {},
) => ({ kind: 'refused', harmless, why, ...more }) as const;
