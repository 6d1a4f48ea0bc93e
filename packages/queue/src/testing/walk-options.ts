import { expect } from 'vitest';
import { DefinitionError, OptionError, PutOptionError } from '../job/errors/index.ts';

/** What arithmetic, an environment or JSON may produce. */
export const badValues = [NaN, Infinity, -Infinity, -1, 0, 1.5, 2 ** 31, '5', null] as const;
export type BadValue = (typeof badValues)[number];

/** A call with options, or with options inside an option, and which of the values each of them takes. */
export interface WalkedCall {
  readonly name: string;
  readonly call: (options: Record<string, unknown>) => unknown;
  readonly takes: Readonly<Record<string, readonly BadValue[]>>;
}

type Refusal = DefinitionError | OptionError | PutOptionError;

/** The error by which a call refuses its options; undefined when it does something else. */
export async function refusalOf(call: () => unknown): Promise<Refusal | undefined> {
  try {
    await call();
  } catch (error) {
    const refusals = [DefinitionError, OptionError, PutOptionError];
    if (refusals.some((Refused) => error instanceof Refused)) return error as Refusal;
  }
  return undefined;
}

/** Walks over all options of a call and all bad values, and over names that no call has. */
export async function expectRefusals({ call, takes }: WalkedCall): Promise<void> {
  for (const [option, taken] of Object.entries(takes)) {
    for (const bad of badValues.filter((value) => !taken.includes(value))) {
      const refusal = await refusalOf(() => call({ [option]: bad }));
      expect(refusal?.problems, `${option}: ${bad}`).toEqual([expect.objectContaining({ option: endingIn(option) })]);
      expect(refusal?.message).toMatch(/ must .*, not /);
    }
  }
  for (const unknown of ['limit', 'removeOnComplete', '__proto', 'toString']) {
    const refusal = await refusalOf(() => call({ [unknown]: 1 }));
    expect(refusal?.problems, unknown).toEqual([expect.objectContaining({ option: endingIn(unknown) })]);
  }
}

/** The path of an option ends in its name. */
function endingIn(option: string): unknown {
  return expect.stringMatching(new RegExp(`(^|\\.)${option}$`));
}
