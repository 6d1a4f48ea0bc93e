import { expect, it } from 'vitest';
import { UsageError } from '../cli-errors.ts';
import { checkProjectName } from './project-name.ts';

it.each(['mail', 'my-app', 'a.b_c-1', '1st'])('takes %s', (name) => expect(checkProjectName(name)).toBe(name));

it.each([
  ['My App', 'my-app would do'],
  ['Mail', 'mail would do'],
  [' mail', 'mail would do'],
  ['Büro', 'b-ro would do'],
  ['', 'a project is called 1 to 100'],
  ['-x', 'x would do'],
  ['a/b', 'is a path'],
  ['../x', 'is a path'],
  ['.', 'is a path'],
  ['/tmp/x', 'is a path'],
  ['C:\\x', 'is a path'],
  ['sluice', 'another package has that name'],
  ['zod', 'another package has that name'],
  ['x'.repeat(101), 'a project is called 1 to 100'],
  ['a\u001b[2J', 'not "a\\\\u001b[2J"'],
])('refuses %j', (name, message) => {
  expect(() => checkProjectName(name)).toThrow(UsageError);
  expect(() => checkProjectName(name)).toThrow(message.replaceAll('\\\\', '\\'));
});
