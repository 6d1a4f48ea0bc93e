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
  if (fault instanceof ReplyError) return REFUSED.test(fault.message) ? fault.message : null;
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
  if (fault && !isClose(fault)) return fault.message;
  return fault ? 'it closes connections before it answers; does it want TLS (rediss://)?' : undefined;
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
