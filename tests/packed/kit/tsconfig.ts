/** The compiler options of careful users: the types of libraries are checked, too. */
const careful = {
  target: 'es2022',
  module: 'nodenext',
  types: ['node'],
  strict: true,
  skipLibCheck: false,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  verbatimModuleSyntax: true,
  rootDir: 'src',
  outDir: 'out',
};

/** The text of a tsconfig.json with these options, and others of its own. */
export function tsconfig(own: Readonly<Record<string, unknown>> = {}, files: readonly string[] = []): string {
  const which = files.length === 0 ? { include: ['src'] } : { files };
  return JSON.stringify({ compilerOptions: { ...careful, ...own }, ...which });
}
