import { exactDecimal } from './exact-decimal.ts';

/** A number that JSON.stringify would write as another one, in the form of {@link exactDecimal}. */
export class Numeral {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Many digits, an exponent, or -0. */
const MAY_HAVE_NUMERALS = /\d[.\d]{15}|\d[eE]|-0/;

/** Parses JSON; a number that no double holds exactly becomes a {@link Numeral}. */
export function parseWithNumerals(json: string): unknown {
  if (!MAY_HAVE_NUMERALS.test(json)) return JSON.parse(json);
  return JSON.parse(json, (_, value: unknown, context?: { source?: string }) => {
    if (typeof value !== 'number' || context?.source === undefined) return value;
    const exact = exactDecimal(context.source);
    return exact === exactDecimal(JSON.stringify(value)) ? value : new Numeral(exact);
  });
}
