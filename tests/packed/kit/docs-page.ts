import { readFileSync } from 'node:fs';

/** What a page of the docs tells its reader to write and to run. */
export interface DocsPage {
  /** Fences whose first line is a comment with a path. */
  readonly files: Readonly<Record<string, string>>;
  /** The lines of fences of `sh`, in their order. */
  readonly commands: readonly string[];
  /** The fences of `text`: what commands print. */
  readonly outputs: readonly string[];
  /** What it installs from the registry and from us. */
  readonly installs: readonly string[];
}

/** The fences of one language on a page. @param path from the root of the repository */
export function fencesOf(path: string, language: string): readonly string[] {
  return readFences(path).flatMap((fence) => (fence.language === language ? [fence.body] : []));
}

/** @param path from the root of the repository */
export function readDocsPage(path: string): DocsPage {
  const commands = fencesOf(path, 'sh').flatMap((body) => body.trimEnd().split('\n'));
  return {
    files: Object.fromEntries(readFences(path).flatMap(namedFile)),
    commands,
    outputs: fencesOf(path, 'text'),
    installs: commands
      .flatMap((line) => line.split(' && '))
      .filter((command) => command.startsWith('npm install '))
      .flatMap(packagesOf),
  };
}

interface Fence {
  readonly language: string;
  readonly body: string;
}

function readFences(path: string): Fence[] {
  const text = readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = '', body = '']) => ({ language, body }));
}

function namedFile({ body }: Fence): [string, string][] {
  const [, path] = /^(?:\/\/|#) ([\w./-]+)\n/.exec(body) ?? [];
  return path === undefined ? [] : [[path, body]];
}

function packagesOf(command: string): string[] {
  return command
    .split(' ')
    .slice(2)
    .filter((word) => !word.startsWith('-'));
}
