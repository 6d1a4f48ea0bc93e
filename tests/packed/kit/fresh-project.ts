import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inject } from 'vitest';
import { publicPackages } from '../../../scripts/public-packages.ts';
import { runCommand } from './run-command.ts';

/** What a user's project is made of. */
export interface FreshProjectOptions {
  /** Our packages that it asks for. What they need of our others is added. */
  readonly packages: readonly string[];
  /** All else that it installs, from the registry: names and versions. Its peers, a TypeScript. */
  readonly dependencies?: Readonly<Record<string, string>>;
  /** Files by their paths in the project. */
  readonly files?: Readonly<Record<string, string>>;
  /** Fields of its package.json. Default: `{ "type": "module" }`. */
  readonly manifest?: Readonly<Record<string, unknown>>;
  /** Default `npm`. */
  readonly manager?: 'npm' | 'pnpm';
}

/** A project outside of this repository, as a user has one, with our packages installed from their tarballs. */
export interface FreshProject extends AsyncDisposable {
  readonly folder: string;
  /** Writes files by their paths in the project. */
  write(files: Readonly<Record<string, string>>): Promise<void>;
  read(path: string): Promise<string>;
  /** Adds packages of ours with npm, as `npm install` would. */
  add(packages: readonly string[], ...flags: readonly string[]): Promise<string>;
  /**
   * Runs a command in it and gives what it printed: `run(['node', 'main.js'], { SLUICE_REDIS_URL: redis.url })`.
   *
   * @throws Error with all output when it fails.
   */
  run(command: readonly [program: string, ...args: string[]], env?: NodeJS.ProcessEnv): Promise<string>;
}

const npmInstall = ['npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'] as const;

/** Makes the folder, installs into it, and removes it at the end: `await using project = await freshProject({ … })`. */
export async function freshProject(options: FreshProjectOptions): Promise<FreshProject> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-project-'));
  const project: FreshProject = {
    folder,
    write: (files) => writeFiles(folder, files),
    read: (path) => readFile(join(folder, path), 'utf8'),
    add: (packages, ...flags) => {
      const files = Object.entries(tarballsOf(packages)).map(([name, spec]) => `${name}@${spec}`);
      return runCommand(folder, [...npmInstall, ...flags, ...files]);
    },
    run: (command, env) => runCommand(folder, command, env),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
  try {
    await install(project, options);
    await project.write(options.files ?? {});
    return project;
  } catch (error) {
    await project[Symbol.asyncDispose]();
    throw error;
  }
}

async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

async function install(project: FreshProject, options: FreshProjectOptions): Promise<void> {
  const { packages, dependencies = {}, manifest = { type: 'module' }, manager = 'npm' } = options;
  const ours = tarballsOf(packages);
  const text = JSON.stringify({
    name: 'fresh',
    private: true,
    ...manifest,
    dependencies: { ...dependencies, ...ours },
  });
  await project.write({ 'package.json': text });
  if (manager === 'npm') {
    await project.run(npmInstall);
    return;
  }
  // Else pnpm would look for our packages' dependencies on each other in the registry.
  await project.write({ 'pnpm-workspace.yaml': `overrides: ${JSON.stringify(ours)}\n` });
  await project.run(['pnpm', 'install', '--prefer-offline', '--ignore-scripts']);
}

/** The named packages and those of ours that they need, each as `file:…`. */
function tarballsOf(names: readonly string[]): Record<string, string> {
  const tarballs = inject('tarballs') ?? {};
  const manifests = new Map(publicPackages().map(({ manifest }) => [manifest.name, manifest]));
  const wanted = new Set(names);
  for (const name of wanted) {
    const manifest = manifests.get(name);
    if (!manifest || !tarballs[name]) throw new Error(`${name} is no public package of this repository`);
    const needed = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
    for (const each of needed) if (manifests.has(each)) wanted.add(each);
  }
  return Object.fromEntries([...wanted].map((name) => [name, `file:${tarballs[name]}`]));
}
