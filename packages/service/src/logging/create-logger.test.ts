import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { RedisUnavailableError } from '@sluice/queue/contracts';
import { silentLogger, type Logger, type LogLevel } from '@sluice/queue/logging';
import { createLogger } from './create-logger.ts';

const SECRET = 's3cret-Zq9!x';
/** With what ends a value in other places. */
const AWKWARD = `a,b;c}d&e]${SECRET}`;

function logTo(level: LogLevel = 'trace'): { log: Logger; lines: string[]; last: () => Record<string, unknown> } {
  const lines: string[] = [];
  const log = createLogger({ name: 'test', level, destination: { write: (line) => void lines.push(line) } });
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? 'null') };
}

function redisError(): Error {
  return Object.assign(new Error('WRONGPASS invalid'), { command: { name: 'auth', args: [SECRET] } });
}

describe('createLogger', () => {
  it('writes one JSON object per line, with level, time, name and message', () => {
    const { log, lines, last } = logTo();
    log.warn({ depth: 5 }, 'nearly full');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^\{.*\}\n$/);
    expect(last()).toMatchObject({ level: 'warn', name: 'test', depth: 5, msg: 'nearly full' });
    expect(last()['time']).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  });

  it('ends each line with one line end, also when something was hidden in it', () => {
    const { log, lines } = logTo();
    log.info({ password: SECRET }, 'hello');
    expect(lines[0]).toMatch(/^[^\n]+\n$/);
  });

  it('drops what is below its level', () => {
    const { log, lines } = logTo('info');
    log.debug('small talk');
    expect(lines).toEqual([]);
  });

  it('keeps the type, the stack and the fields of an error, and its causes', () => {
    const { log, last } = logTo();
    log.error(new RedisUnavailableError('db:6379', { cause: new Error('ECONNREFUSED') }));
    expect(last()['err']).toMatchObject({
      type: 'RedisUnavailableError',
      code: 'SLUICE_REDIS_UNAVAILABLE',
      host: 'db:6379',
    });
    expect(inspect(last())).toContain('ECONNREFUSED');
  });
});

describe('a secret in a log line', () => {
  it.each<[string, (log: Logger) => void]>([
    ['a field', (log) => log.info({ password: SECRET })],
    ['a field deep inside', (log) => log.info({ a: { b: [{ c: { d: { e: { apiKey: SECRET } } } }] } })],
    ['a field that holds a list', (log) => log.info({ apiKeys: [SECRET, SECRET] })],
    ['a field that holds an object', (log) => log.info({ credentials: { user: 'me', word: SECRET } })],
    ['a binding of a child', (log) => log.child({ clientSecret: SECRET }).info('x')],
    ['a binding set later', (log) => (log.setBindings({ passphrase: SECRET }), log.info('x'))],
    ['an option of ioredis', (log) => log.info({ redis: { host: 'h', password: SECRET, sentinelPassword: SECRET } })],
    ['an option of undici', (log) => log.info({ options: { auth: `me:${SECRET}` } })],
    ['a header', (log) => log.info({ headers: { authorization: `Basic ${SECRET}` } })],
    ['a header in capitals', (log) => log.info({ headers: { 'X-Api-Key': SECRET, 'Proxy-Authorization': SECRET } })],
    ['a cookie', (log) => log.info({ headers: { cookie: `sid=${SECRET}; b=2`, 'set-cookie': [`sid=${SECRET}`] } })],
    ['a flat list of headers', (log) => log.info({ rawHeaders: ['Host', 'h', 'Authorization', `Bearer ${SECRET}`] })],
    ['a list of pairs', (log) => log.info({ headers: [['cookie', `sid=${SECRET}`]] })],
    ['a list of names and values', (log) => log.info({ headers: [{ name: 'Authorization', value: SECRET }] })],
    ['an environment', (log) => log.info({ env: { REDIS_PASSWORD: SECRET, SLUICE_API_KEYS: SECRET } })],
    ['a URL', (log) => log.info({ url: `https://me:${SECRET}@a.example/` })],
    ['a URL of Redis', (log) => log.info({ redisUrl: `redis://default:${SECRET}@host:6379/0` })],
    ['a URL of Redis with a slash in the password', (log) => log.info({ u: `redis://:a/${SECRET}@host:6379/0` })],
    ['a URL in a message', (log) => log.info(`cannot reach redis://:${SECRET}@host, giving up`)],
    ['a URL in brackets', (log) => log.info(`gave up (https://me:${SECRET}@a.example).`)],
    ['two URLs in one word', (log) => log.info(`redis://:${SECRET}@a,redis://:${SECRET}@b,http://x:${SECRET}@c`)],
    ['a URL in the query of another', (log) => log.info(`http://a/?next=https://me:${SECRET}@b/`)],
    ['a URL that is interpolated', (log) => log.info('connect to %s', `redis://:${SECRET}@host`)],
    ['a URL with a quote in its password', (log) => log.info(`redis://:a"b${SECRET}@host`)],
    ['a URL with one slash', (log) => log.info(`got http:/me:${SECRET}@a.example`)],
    ['JSON that holds URLs', (log) => log.info(`["http://me:${SECRET}@a","http://me:${SECRET}@b"]`)],
    ['JSON in a message', (log) => log.info(JSON.stringify({ a: 1, password: SECRET, b: 2 }))],
    ['JSON in a message, with commas and braces', (log) => log.info(JSON.stringify({ password: AWKWARD }))],
    ['JSON in JSON in a message', (log) => log.info(JSON.stringify({ body: JSON.stringify({ apiKey: SECRET }) }))],
    ['an assignment in a message', (log) => log.info(`started with REDIS_PASSWORD=${SECRET} and more`)],
    ['a query', (log) => log.info(`GET /v1/x?access_token=${SECRET}&a=1`)],
    ['a header in a message', (log) => log.info(`Authorization: Basic ${SECRET} trailing ${SECRET}`)],
    ['a bearer in a message', (log) => log.info(`sent Bearer ${SECRET}`)],
    ['the message of an error', (log) => log.error(new Error(`no redis://:${SECRET}@host`))],
    ['the cause of an error', (log) => log.error(new Error('no', { cause: new Error(`redis://:${SECRET}@host`) }))],
    ['an error of many', (log) => log.error(new AggregateError([new Error(`redis://:${SECRET}@host`)], 'all failed'))],
    ['a field of an error', (log) => log.error(Object.assign(new Error('no'), { options: { password: SECRET } }))],
    ['a failed command', (log) => log.error(redisError())],
    ['a failed command among fields', (log) => log.warn({ err: redisError(), attempt: 1 }, 'no answer')],
    ['what toJSON gives', (log) => log.info({ it: { toJSON: () => ({ token: SECRET }) } })],
  ])('is hidden in %s', (_, write) => {
    const { log, lines } = logTo();
    write(log);
    expect(lines).toHaveLength(1);
    expect(lines.join('')).not.toContain(SECRET);
    expect(() => JSON.parse(lines[0] ?? '')).not.toThrow();
  });

  it('is hidden when it is encoded for basic authentication', () => {
    const { log, lines } = logTo();
    const encoded = Buffer.from(`me:${SECRET}`).toString('base64');
    log.info(`sent Basic ${encoded}`);
    expect(lines.join('')).not.toContain(encoded);
  });

  it('is hidden in a line that holds a payload of a failed command', () => {
    const { log, lines } = logTo();
    log.error(
      Object.assign(new Error('OOM'), { command: { name: 'evalsha', args: ['sha', '1', `{"note":"${SECRET}"}`] } }),
    );
    expect(lines.join('')).not.toContain(SECRET);
  });
});

describe('what is no secret', () => {
  it.each([
    ['an ordinary URL', { url: 'https://a.example/@me?mail=me@b.example' }],
    ['the lock token of a job', { lockToken: 'pool:17' }],
    ['the words of a sentence', { note: 'basic authentication is not the bearer of news, pass it on' }],
    ['a null where a secret would be', { password: null }],
    ['the name of a job', { name: 'http.fetch', value: 5 }],
    ['a mail address', { to: 'me@a.example' }],
  ])('stays: %s', (_, fields) => {
    const { log, last } = logTo();
    log.info(fields);
    expect(last()).toMatchObject(fields);
  });

  it('stays around what is hidden', () => {
    const { log, last } = logTo();
    log.info({ redis: { host: 'db', password: SECRET } }, `cannot reach redis://me:${SECRET}@db:6379/0, giving up`);
    expect(last()).toMatchObject({
      redis: { host: 'db', password: '[hidden]' },
      msg: 'cannot reach redis://db:6379/0, giving up',
    });
  });

  it('does not slow down on a long line without spaces', () => {
    const { log, lines } = logTo();
    const startedMs = performance.now();
    log.info('@'.concat('a.b:c-'.repeat(50_000)));
    log.info(`${'http://a:'.repeat(30_000)}@`);
    log.info(`${'password'.repeat(30_000)} @ ${'token="'.repeat(30_000)}`);
    expect(performance.now() - startedMs).toBeLessThan(2_000);
    expect(lines).toHaveLength(3);
  });
});

describe('silentLogger', () => {
  it('has no level at which it would write', () => {
    expect(silentLogger().isLevelEnabled('fatal')).toBe(false);
    expect(silentLogger().child({}).isLevelEnabled('fatal')).toBe(false);
  });
});
