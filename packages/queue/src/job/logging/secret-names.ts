const SECRET_NAME = new RegExp(
  [
    '(password|passwd|passphrase|secret|secretkey|apikeys?|authorization|cookies?|credentials?|privatekey)$',
    '^(pass|pwd|auth|requirepass|masterauth)$',
    // Not every token is a secret: the lock token of a job is what one looks for in a log.
    '^(x|api|access|refresh|id|auth|bearer|session|csrf|xsrf)*token$',
  ].join('|'),
);

/** Whether what goes by this name is a credential: `apiKey`, `X-Api-Key`, `REDIS_PASSWORD`, `set-cookie`. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name.toLowerCase().replace(/[^a-z0-9]/g, ''));
}
