import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LoadedCase } from '../testing/load-apps.ts';

/** As plain JavaScript may write it, so that no package has to be found from a temporary folder. */
const APP = `{ queues: [{ name: 'emails', capacity: 1, jobs: [{ name: 'send', retry: {} }] }] }`;
const PACKAGE = 'node_modules/@acme/app';

type Case = [what: string, named: string, files: Record<string, string>];

const good: Case[] = [
  ['a relative path with a blank', 'dist/my app.mjs', { 'dist/my app.mjs': `export default ${APP}` }],
  ['a relative path with ./', './app.mjs', { 'app.mjs': `export default ${APP}` }],
  ['an absolute path', 'ABSOLUTE/a b.mjs', { 'a b.mjs': `export default ${APP}` }],
  ['a file: URL', 'URL/a%20b.mjs', { 'a b.mjs': `export default ${APP}` }],
  ['a promise', './app.mjs', { 'app.mjs': `export default Promise.resolve(${APP})` }],
  [
    'TypeScript',
    './app.mts',
    { 'app.mts': `const name: string = 'emails'; export default ${APP.replace("'emails'", 'name')}` },
  ],
  ['CommonJS', './app.cjs', { 'app.cjs': `module.exports = ${APP}` }],
  ['CommonJS of a compiler', './app.cjs', { 'app.cjs': `exports.__esModule = true; exports.default = ${APP}` }],
  ['a package that exports it for import alone', '@acme/app', { [`${PACKAGE}/app.mjs`]: `export default ${APP}` }],
];

const bad: [...Case, message: RegExp][] = [
  ['no file', './dist/app.js', {}, /^.*--app "\.\/dist\/app\.js": there is no file \/.*dist\/app\.js$/m],
  ['no file without ./', 'dist/app.js', {}, /there is no file/],
  ['a folder', './dist', { 'dist/app.js': '' }, /dist is a folder; name the file in it, such as dist\/app\.js/],
  ['no package', '@acme/none', {}, /there is no such file in .*, and no package of that name; a path starts with \.\//],
  ['a package that hides it', '@acme/app/x', {}, /the package does not export it/],
  [
    'no default export',
    './a.mjs',
    { 'a.mjs': 'export const app = {}' },
    /no default export \(it exports app\); write export default defineApp/,
  ],
  ['no export', './a.mjs', { 'a.mjs': '' }, /no default export \(it exports nothing\)/],
  [
    'another default export',
    './a.mjs',
    { 'a.mjs': 'export default () => 1' },
    /its default export is no app but a function/,
  ],
  ['an unfit app', './a.mjs', { 'a.mjs': 'export default { queues: [] }' }, /app: queues must name at least one queue/],
  [
    'a syntax error',
    './a.mjs',
    { 'a.mjs': 'const a = 1;\nconst b = = 2;' },
    /it has a syntax error: Unexpected token '='\n {2}\S.*a\.mjs:2\n {2}const b = = 2;/,
  ],
  [
    'a syntax error of TypeScript',
    './a.mts',
    { 'a.mts': 'const a = 1;\nconst b = = 2;' },
    /it has a syntax error: .*\n {2}\S.*a\.mts:2/,
  ],
  [
    'an enum',
    './a.mts',
    { 'a.mts': 'enum A { B }\nexport default A' },
    /Node removes types and cannot compile this: .*enum.*a\.mts:1/s,
  ],
  [
    'an import that is missing',
    './a.mjs',
    { 'a.mjs': "import 'nowhere';" },
    /it imports what is not there: Cannot find package 'nowhere'/,
  ],
  [
    'an export that is missing',
    './a.mjs',
    { 'a.mjs': "import { no } from 'node:fs';" },
    /syntax error: .*does not provide an export named 'no'\n.*a\.mjs:1/,
  ],
  [
    'an error',
    './a.mjs',
    { 'a.mjs': "throw new TypeError('no database')" },
    /it failed while it was loaded: TypeError: no database\n\s+at .*a\.mjs:1/,
  ],
  ['text', './a.txt', { 'a.txt': 'hello' }, /Node cannot run this file; name a \.js, \.mjs, \.cjs or \.ts file/],
];

const outcomes = new Map<string, LoadedCase>();
const folders: string[] = [];

/** Node itself loads them, all in one process: in this one, the test runner would. */
beforeAll(async () => {
  const cases: LoadedCase[] = [];
  for (const [, named, files] of [...good, ...bad]) {
    const from = await folderWith(files);
    const url = pathToFileURL(from).href;
    cases.push({ named: named.replace('ABSOLUTE', from).replace('URL', url), from });
  }
  const program = fileURLToPath(new URL('../testing/load-apps.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [
    '-C',
    '@sluice/source',
    program,
    JSON.stringify(cases),
  ]);
  const found: LoadedCase[] = JSON.parse(stdout);
  for (const [at, [what]] of [...good, ...bad].entries()) outcomes.set(what, found[at] ?? { named: '', from: '' });
});
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

async function folderWith(files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice app '));
  folders.push(folder);
  const manifest = '{ "name": "@acme/app", "exports": { "import": "./app.mjs" } }';
  for (const [name, text] of Object.entries({ ...files, [`${PACKAGE}/package.json`]: manifest })) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return folder;
}

describe('loadApp', () => {
  it.each(good)('loads %s', (what) => {
    expect(outcomes.get(what)).toMatchObject({ queues: ['emails'] });
  });

  it.each(bad)('says what is wrong with %s', (what, _named, _files, message) => {
    expect(outcomes.get(what)?.message).toMatch(message);
    expect(outcomes.get(what)?.code).toMatch(/^SLUICE_(CONFIG|DEFINITION)$/);
  });
});
