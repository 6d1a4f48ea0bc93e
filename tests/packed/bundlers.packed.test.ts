import { join } from 'node:path';
import { startLocalRedis } from '@sluice/local-redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allWorks, bundledProgram, runMoved } from './kit/bundled-program.ts';
import { freshProject, type FreshProject } from './kit/fresh-project.ts';
import { pinned } from './kit/pinned.ts';

// Not minimized, because that takes a minute; esbuild shows that it does no harm.
const webpackConfig = `
const common = {
  mode: 'production',
  target: 'node',
  entry: { main: './main.js', 'hash-handler': './hash-handler.js' },
  optimization: { minimize: false },
  stats: 'errors-only',
};
export default [
  {
    ...common,
    output: { path: import.meta.dirname + '/webpack-cjs', filename: '[name].cjs', library: { type: 'commonjs2' } },
  },
  {
    ...common,
    experiments: { outputModule: true },
    output: {
      path: import.meta.dirname + '/webpack-esm',
      filename: '[name].mjs',
      module: true,
      chunkFormat: 'module',
      library: { type: 'module' },
    },
  },
];
`;

/** ESM has no `require`, which the CommonJS packages in the bundle call for Node's own modules. docs/bundlers.md has this line. */
const banner = "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);";

let project: FreshProject;
beforeAll(async () => {
  project = await freshProject({
    packages: ['@sluice/queue'],
    dependencies: { ...pinned('bullmq', 'ioredis', 'zod', 'esbuild'), webpack: '5.112.2', 'webpack-cli': '7.3.1' },
    files: { ...(await bundledProgram()), 'webpack.config.js': webpackConfig },
  });
});
afterAll(() => project[Symbol.asyncDispose]());

async function run(folder: string, file: string): Promise<unknown> {
  await using redis = await startLocalRedis();
  return await runMoved(join(project.folder, folder), file, redis.url);
}

describe('a program with a producer and a pool runs where only its bundle is, when bundled by', () => {
  const esbuild = (...options: string[]): Promise<string> =>
    project.run(['npx', 'esbuild', 'main.js', 'hash-handler.js', '--bundle', '--platform=node', ...options]);

  it('esbuild to CommonJS', async () => {
    await esbuild('--format=cjs', '--outdir=esbuild-cjs', '--out-extension:.js=.cjs');
    expect(await run('esbuild-cjs', 'main.cjs')).toEqual(allWorks);
  });

  it('esbuild to ESM, minified', async () => {
    const output = ['--outdir=esbuild-esm', '--out-extension:.js=.mjs'];
    await esbuild('--format=esm', '--minify', `--banner:js=${banner}`, ...output);
    expect(await run('esbuild-esm', 'main.mjs')).toEqual(allWorks);
  });

  it('webpack to CommonJS and to ESM', async () => {
    await project.run(['npx', 'webpack']);
    expect(await run('webpack-cjs', 'main.cjs')).toEqual(allWorks);
    expect(await run('webpack-esm', 'main.mjs')).toEqual(allWorks);
  });
});
