/** Whatever stands before the last `@`, whether or not it has the form of a URL. */
const ANY_CREDENTIALS = /^([a-z][a-z0-9+.-]*:[\\/]+)?.*@/is;

/**
 * A line that is no URL, without anything that may be a password.
 *
 * Where such a line ends its authority is anybody's guess, so all goes that stands before the last `@`.
 */
export function withoutSecrets(text: string): string {
  return text.replace(ANY_CREDENTIALS, '$1');
}
