import { ReplyError } from 'ioredis';

/** Replies to the first commands of a connection that are the same however often it is opened. */
const REFUSED =
  /^(WRONGPASS|NOAUTH|NOPERM|DENIED)\b|^ERR (invalid password|DB index|SELECT is not allowed|.*cluster support disabled)/i;
/** Codes of OpenSSL and Node for certificates that are not trusted, or name others. */
const UNTRUSTED = /^(ERR_TLS_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH)/;
const SENTINELS_REFUSE = /^All sentinels are unreachable.* Last error: (WRONGPASS|NOAUTH)\b/;
const UNSPOKEN = /^(ERR_SSL_|EPROTO$)/;

export const noTls = 'no TLS is spoken there: write redis:// without the second s, or name the port of TLS';

/** Redis refuses the database that was asked for. ioredis goes on with database 0. */
export function isDatabaseRefusal(error: unknown): boolean {
  return (
    error instanceof Error &&
    error instanceof ReplyError &&
    /^ERR (DB index|invalid DB|SELECT is not allowed)/i.test(error.message)
  );
}

/** Why a connection cannot be opened however often that is tried, in words; null where trying again may help. */
export function connectionRefusal(error: unknown): string | null {
  const fault = lastFault(error);
  if (!fault) return null;
  if (fault instanceof ReplyError) return REFUSED.test(fault.message) ? withAdvice(fault.message) : null;
  const code = 'code' in fault ? String(fault.code) : '';
  if (UNTRUSTED.test(code)) return `its certificate is not trusted: ${fault.message}`;
  if (UNSPOKEN.test(code)) return noTls;
  if (SENTINELS_REFUSE.test(fault.message)) return fault.message;
  if (/^(Unknown RESP type|Protocol error)/.test(fault.message)) return 'what answers there is no Redis';
  return null;
}

/** What is known of a connection that could not be opened in time. */
export function connectionFault(error: unknown): string | undefined {
  const fault = lastFault(error);
  if (fault && /ECONNRESET/.test(fault.message)) return `${fault.message}; does it want TLS (rediss://)?`;
  if (fault && !isClose(fault)) return withAdvice(fault.message);
  return fault ? 'it closes connections before it answers; does it want TLS (rediss://)?' : undefined;
}

/** What to do about a fault whose own words say only what it is. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [/\bECONNREFUSED\b/, 'nothing listens there: does Redis run, and are host and port right?'],
  [/\bENOTFOUND\b|\bEAI_AGAIN\b/, 'is the host name right?'],
  [/\bENOENT\b/, 'is the path of the socket right, and does Redis run?'],
  [/\bETIMEDOUT\b|\bE(HOST|NET)UNREACH\b/, 'is the host right, and may this machine reach it?'],
  [/^NOAUTH\b/, 'write the password into the address, as in redis://:password@host:6379'],
  [/^WRONGPASS\b|^ERR invalid password/, 'are user and password of the address right, and percent-encoded?'],
  [/^NOPERM\b/, 'give the user the rights that docs/operations.md lists under "Its users"'],
];

/** A fault's own message, and what to do about it where that is known. */
export function withAdvice(message: string): string {
  const advice = ADVICE.find(([pattern]) => pattern.test(message))?.[1];
  return advice === undefined ? message : `${message.replace(/\.$/, '')}; ${advice}`;
}

/** Redis knows the user, but it may not run the command, or not on these keys. */
export function isNoPermission(error: unknown): error is Error {
  return error instanceof Error && error instanceof ReplyError && error.message.startsWith('NOPERM');
}

/** Says only that the connection, or that to each node, is closed: an earlier error says more. */
export function isClose(error: Error): boolean {
  return /Connection is closed|None of startup nodes/.test(lastFault(error)?.message ?? '');
}

/** Of a cluster, what the last of its nodes said. */
function lastFault(error: unknown): Error | undefined {
  const inner: unknown = error instanceof Error && 'lastNodeError' in error ? error.lastNodeError : undefined;
  if (inner instanceof Error) return inner;
  return error instanceof Error ? error : undefined;
}
