import { expect, it } from 'vitest';
import { shownCommand } from './shown-command.ts';

it('repeats the arguments so that a shell reads them back', () => {
  expect(shownCommand(['run', "my list's.txt", '-o', 'out.ndjson', '--timeout', '5s'], {})).toBe(
    `npm run -s sluice -- run 'my list'\\''s.txt' -o out.ndjson --timeout 5s`,
  );
});

it('starts with what the command was started with', () => {
  expect(shownCommand(['run', 'a'], { npm_config_user_agent: 'pnpm/12.21.0 npm/?' })).toBe('pnpm sluice run a');
});

it('leaves out what would start over, and passwords', () => {
  const args = ['run', 'a', '--restart', '--redis', 'redis://:s3cret@r:1/2', '--redis=rediss://u:s3cret@r'];
  expect(shownCommand(args, {})).toBe('npm run -s sluice -- run a --redis redis://r:1/2 --redis=rediss://r');
});

it.each([
  ['redis://:s3cret@a:1,rediss://:s3cret@b', 'redis://a:1,rediss://b'],
  ['REDIS://:s3cret@a', 'REDIS://a'],
  ['unix://:s3cret@/run/redis.sock?db=2', "'unix:///run/redis.sock?db=2'"],
  ['unix://:s3cr/s3cret@/run/redis.sock', 'unix:///run/redis.sock'],
  ['http://:s3cret@a', 'http://a'],
  ['redis://:s3cret/s3cret@a', 'redis://a'],
  ['redis://:a,redis://s3cret@a', 'redis://a'],
])('leaves out the password of %s', (address, shown) => {
  expect(shownCommand(['run', '--redis', address], {})).toBe(`npm run -s sluice -- run --redis ${shown}`);
  expect(shownCommand(['run', `--redis=${address}`], {})).not.toContain('s3cret');
});
