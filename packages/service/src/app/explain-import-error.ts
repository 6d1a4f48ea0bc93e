import { spawnSync } from 'node:child_process';

interface Asked {
  /** Null when it was named as a package. */
  readonly path: string | null;
  readonly named: string;
  readonly from: string;
}

const CHECK_MS = 10_000;

/** Why a module could not be imported, and what to do, in a sentence or two. What the module threw comes with its stack. */
export function explainImportError(error: unknown, { path, named, from }: Asked): string {
  if (!(error instanceof Error)) return `it threw ${String(error)} while it was loaded`;
  const code = 'code' in error ? String(error.code) : '';
  switch (code) {
    case 'ERR_MODULE_NOT_FOUND':
    case 'MODULE_NOT_FOUND':
      return path === null && error.message.includes(`'${named}'`)
        ? `there is no such file in ${from}, and no package of that name; a path starts with ./`
        : `it imports what is not there: ${error.message}`;
    case 'ERR_PACKAGE_PATH_NOT_EXPORTED':
      return `the package does not export it: ${error.message}`;
    case 'ERR_UNKNOWN_FILE_EXTENSION':
      return path !== null && /\.[cm]?tsx?$/.test(path)
        ? `Node ${process.versions.node} does not run this file; compile it to JavaScript, or use Node 22.18 or later for .ts`
        : `Node cannot run this file; name a .js, .mjs, .cjs or .ts file`;
    case 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX':
      return `Node removes types and cannot compile this: ${error.message}; compile the file to JavaScript\n${placeOf(error)}`;
    case 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING':
      return `Node runs no TypeScript from node_modules; compile it to JavaScript: ${error.message}`;
    default:
      if (error instanceof SyntaxError)
        return `it has a syntax error: ${error.message}\n${placeOf(error) || checkSyntax(path)}`;
      return `it failed while it was loaded: ${error.stack ?? error.message}`;
  }
}

/** The file, the line and the mark below it, where Node put them before the stack. */
function placeOf({ stack = '' }: Error): string {
  return indent(beforeError(stack));
}

/** Node tells where a syntax error is only when it prints it itself. */
function checkSyntax(path: string | null): string {
  if (path === null) return '';
  const { stderr } = spawnSync(process.execPath, ['--check', path], { encoding: 'utf8', timeout: CHECK_MS });
  return indent(beforeError(stderr ?? '') || 'in a file that it imports');
}

function beforeError(text: string): string {
  const [before = ''] = text.split(/^\w*Error\b/m);
  return /^.+:\d+$/m.test(before) ? before.trimEnd() : '';
}

function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '  ');
}
