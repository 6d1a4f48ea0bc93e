import { inspect } from 'node:util';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { ConfigError, DefinitionError } from '@sluice/queue/contracts';
import { commonFields } from './common-fields.ts';
import { defineConfig, parseConfig, type ConfigOf } from './config.ts';
import { field } from './field.ts';

const PASSWORD = 's3cret';

const schema = defineConfig({
  redisUrl: commonFields.redisUrl,
  concurrency: field.wholeNumber({
    env: 'SLUICE_CONCURRENCY',
    description: 'Slots.',
    default: '10',
    min: 1,
    max: 1_000,
  }),
  drainMs: field.duration({ env: 'SLUICE_DRAIN_MS', description: 'Time.', default: '20s', max: 600_000 }),
  allowPrivate: field.flag({ env: 'SLUICE_ALLOW_PRIVATE', description: 'Addresses.', default: 'false' }),
  level: field.choice({ env: 'SLUICE_LEVEL', description: 'Detail.', default: 'low', of: ['low', 'high'] }),
  name: field.text({ env: 'SLUICE_NAME', description: 'Name.', optional: true }),
  keys: field.list({ env: 'SLUICE_API_KEYS', description: 'Keys.', optional: true, secret: true }),
});

const REDIS_URL = `redis://:${PASSWORD}@host:6379`;

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    parseConfig(schema, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

const badRedisUrl =
  'REDIS_URL must be a URL that starts with redis:// or rediss:// or unix://; several with commas between them';

describe('parseConfig', () => {
  it('reads what is set and fills in the defaults', () => {
    expect({ ...parseConfig(schema, { REDIS_URL, SLUICE_CONCURRENCY: '7', SLUICE_API_KEYS: 'a, b,,' }) }).toEqual({
      redisUrl: REDIS_URL,
      concurrency: 7,
      drainMs: 20_000,
      allowPrivate: false,
      level: 'low',
      name: undefined,
      keys: ['a', 'b'],
    });
  });

  it('is frozen, lists included', () => {
    const config = parseConfig(schema, { REDIS_URL, SLUICE_API_KEYS: 'a' });
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.keys)).toBe(true);
  });

  it.each(['', '   '])('takes %j for unset', (empty) => {
    const config = parseConfig(schema, {
      REDIS_URL,
      SLUICE_CONCURRENCY: empty,
      SLUICE_NAME: empty,
      SLUICE_UNKNOWN: '',
    });
    expect([config.concurrency, config.name]).toEqual([10, undefined]);
    expect(problemsOf({ REDIS_URL: empty })).toEqual([expect.stringMatching(/^REDIS_URL is not set/)]);
  });

  it.each(['true', 'yes', 'on', '1', 'TRUE'])('reads %s as true', (text) => {
    expect(parseConfig(schema, { REDIS_URL, SLUICE_ALLOW_PRIVATE: text }).allowPrivate).toBe(true);
  });

  it.each(['false', 'no', 'off', '0', 'False'])('reads %s as false', (text) => {
    expect(parseConfig(schema, { REDIS_URL, SLUICE_ALLOW_PRIVATE: text }).allowPrivate).toBe(false);
  });

  it.each(['redis://host', 'rediss://u:p@host:6380/2', 'unix:///tmp/redis.sock', 'redis://a:7001, redis://b:7002'])(
    'takes %s as a Redis',
    (url) => {
      expect(parseConfig(schema, { REDIS_URL: url }).redisUrl).toBe(url);
    },
  );

  it.each([
    [{ SLUICE_CONCURRENCY: '0' }, 'SLUICE_CONCURRENCY must be a whole number from 1 to 1,000, not "0"'],
    [{ SLUICE_CONCURRENCY: '1001' }, 'SLUICE_CONCURRENCY must be a whole number from 1 to 1,000, not "1001"'],
    [{ SLUICE_CONCURRENCY: '1.5' }, 'SLUICE_CONCURRENCY must be a whole number from 1 to 1,000, not "1.5"'],
    [{ SLUICE_CONCURRENCY: '0x10' }, 'SLUICE_CONCURRENCY must be a whole number from 1 to 1,000, not "0x10"'],
    [{ SLUICE_DRAIN_MS: 'soon' }, 'SLUICE_DRAIN_MS must be a duration like 5s, 1500ms or 2m, at most 10m, not "soon"'],
    [{ SLUICE_DRAIN_MS: '11m' }, 'SLUICE_DRAIN_MS must be a duration like 5s, 1500ms or 2m, at most 10m, not "11m"'],
    [{ SLUICE_ALLOW_PRIVATE: 'maybe' }, 'SLUICE_ALLOW_PRIVATE must be true or false, not "maybe"'],
    [{ SLUICE_LEVEL: 'middle' }, 'SLUICE_LEVEL must be one of low, high, not "middle"'],
    [{ REDIS_URL: 'http://host' }, badRedisUrl],
    [
      { REDIS_URL: 'redis://a:7001,b:7002' },
      expect.stringMatching(/^REDIS_URL cannot be read.*commas.*percent-encoded/),
    ],
    [{ REDIS_URL: 'redis://:ab/cd@host' }, expect.stringMatching(/^REDIS_URL cannot be read.*percent-encoded/)],
    [{ REDIS_URL: 'redis://host/abc' }, expect.stringMatching(/^REDIS_URL must have a whole number from 0/)],
  ])('says what is wrong with %j', (env, problem) => {
    expect(problemsOf({ REDIS_URL, ...env })).toEqual([problem]);
  });

  it('reports all problems at once', () => {
    const problems = problemsOf({ SLUICE_CONCURRENCY: 'x', SLUICE_LEVEL: 'x', SLUICE_DRAIN_M: '5s' });
    expect(problems.map((problem) => problem.split(' ', 1)[0])).toEqual([
      'REDIS_URL',
      'SLUICE_CONCURRENCY',
      'SLUICE_LEVEL',
      'SLUICE_DRAIN_M',
    ]);
  });

  it('asks what a misspelt variable was meant to be', () => {
    expect(problemsOf({ REDIS_URL, SLUICE_CONCURENCY: '5', SLUICE_WAREHOUSE: '1' })).toEqual([
      'SLUICE_CONCURENCY is unknown; did you mean SLUICE_CONCURRENCY?',
      'SLUICE_WAREHOUSE is unknown',
    ]);
  });

  it.each([
    ['a variable of another program of ours', { SLUICE_CAPACITY: '5', SLUICE_REQUIRE_DOCKER: '1' }],
    ['a variable of anybody else', { PATH: '/bin', sluice: '1', REDIS_URLS: 'x' }],
    [
      'what Kubernetes tells of a service sluice-redis',
      {
        SLUICE_REDIS_SERVICE_HOST: '10.0.0.1',
        SLUICE_REDIS_SERVICE_PORT: '6379',
        SLUICE_REDIS_SERVICE_PORT_HTTP: '6379',
        SLUICE_REDIS_PORT: 'tcp://10.0.0.1:6379',
        SLUICE_REDIS_PORT_6379_TCP: 'tcp://10.0.0.1:6379',
        SLUICE_REDIS_PORT_6379_TCP_ADDR: '10.0.0.1',
      },
    ],
  ])('does not complain of %s', (_, env) => {
    expect(problemsOf({ REDIS_URL, ...env })).toEqual([]);
  });

  it('has types for all of it', () => {
    expectTypeOf<ConfigOf<typeof schema>>().toEqualTypeOf<{
      readonly redisUrl: string;
      readonly concurrency: number;
      readonly drainMs: number;
      readonly allowPrivate: boolean;
      readonly level: 'low' | 'high';
      readonly name: string | undefined;
      readonly keys: readonly string[] | undefined;
    }>();
  });
});

describe('a secret setting', () => {
  const config = parseConfig(schema, { REDIS_URL, SLUICE_API_KEYS: PASSWORD });

  it('is there for the program', () => {
    expect(config.redisUrl).toBe(REDIS_URL);
    expect(config.keys).toEqual([PASSWORD]);
  });

  it.each([
    ['inspected', inspect(config)],
    ['inspected inside of something', inspect({ a: { config } }, { depth: 9 })],
    ['turned into JSON', JSON.stringify({ config })],
  ])('does not show when the configuration is %s', (_, shown) => {
    expect(shown).not.toContain(PASSWORD);
    expect(shown).toContain('[secret]');
    expect(shown).toContain('concurrency');
  });

  it('does not show in problems', () => {
    const problems = problemsOf({ REDIS_URL: `http://:${PASSWORD}@host`, SLUICE_LEVEL: `redis://:${PASSWORD}@host` });
    expect(problems).toHaveLength(2);
    expect(problems.join()).not.toContain(PASSWORD);
  });
});

describe('defineConfig', () => {
  const a = field.text({ env: 'A', description: 'A.', default: 'x' });

  it('refuses two fields of one variable', () => {
    expect(() => defineConfig({ a, b: a })).toThrow(DefinitionError);
    expect(() => defineConfig({ a, b: a })).toThrow('A is named twice');
  });

  it('refuses a default that its own field would refuse', () => {
    const unfit = field.wholeNumber({ env: 'A', description: 'A.', default: '5', min: 6 });
    expect(() => defineConfig({ unfit })).toThrow('A has an unfit default');
  });

  it('refuses a default for what may be missing', () => {
    const both = field.text({ env: 'A', description: 'A.', default: 'x', optional: true });
    expect(() => defineConfig({ both })).toThrow('A has a default, so it is not optional');
  });
});
